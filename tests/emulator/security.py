"""Who may pair with a clip, and whom it remembers (section 4)."""

from __future__ import annotations

from bumble import smp
from bumble.device import Device
from bumble.keys import MemoryKeyStore, PairingKeys
from bumble.pairing import PairingConfig, PairingDelegate

from .emulated_clip import EmulatedClip
from .wire import State

BONDS = 4


class BondStore(MemoryKeyStore):
    """Keeps four bonds; the oldest goes."""

    async def update(self, name: str, keys: PairingKeys) -> None:
        """Remember a host."""
        self.all_keys.pop(name, None)
        while len(self.all_keys) >= BONDS:
            del self.all_keys[next(iter(self.all_keys))]
        self.all_keys[name] = keys


class _SecureOnly(smp.Session):
    """Refuses legacy pairing."""

    def on_smp_pairing_request_command(self, command: smp.SMP_Pairing_Request_Command) -> None:
        if command.auth_req & smp.AuthReq.SC:
            super().on_smp_pairing_request_command(command)
        else:
            self.send_pairing_failed(smp.ErrorCode.AUTHENTICATION_REQUIREMENTS)


class _Window(PairingDelegate):
    """Accepts pairing while the clip does."""

    def __init__(self, clip: EmulatedClip) -> None:
        super().__init__(PairingDelegate.NO_OUTPUT_NO_INPUT)
        self.clip = clip

    async def accept(self) -> bool:
        return State.PAIRING in self.clip.state


def secure(device: Device, clip: EmulatedClip) -> None:
    """Let a device pair as the document asks: Just Works, LE Secure Connections, bonding, while the clip accepts it."""
    device.keystore = BondStore()
    device.pairing_config_factory = lambda _: PairingConfig(mitm=False, delegate=_Window(clip))
    device.smp_manager.session_proxy = _SecureOnly
