"""The pairing agent that a desktop has; BlueZ refuses every pairing without one, Just Works too."""
# No postponed annotations: dbus-fast reads D-Bus signatures from them.

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, method

__all__ = ["offer_agent"]

PATH = "/imu_hinge/agent"


class Agent(ServiceInterface):
    """Says yes to everything that needs neither display nor keys."""

    def __init__(self) -> None:
        super().__init__("org.bluez.Agent1")

    @method()
    def Release(self) -> None:  # noqa: N802
        """It is needed no more."""

    @method()
    def RequestAuthorization(self, device: "o") -> None:  # type: ignore[name-defined]  # noqa: F821, N802
        """A device wants to pair by Just Works."""

    @method()
    def RequestConfirmation(self, device: "o", passkey: "u") -> None:  # type: ignore[name-defined]  # noqa: F821, N802
        """A device shows the same number."""

    @method()
    def Cancel(self) -> None:  # noqa: N802
        """It gave up."""


async def offer_agent(bus: MessageBus) -> None:
    """Be everybody's agent as long as ``bus`` lives."""
    bus.export(PATH, Agent())
    for member, signature, body in (
        ("RegisterAgent", "os", [PATH, "NoInputNoOutput"]),
        ("RequestDefaultAgent", "o", [PATH]),
    ):
        reply = await bus.call(
            Message(
                destination="org.bluez",
                path="/org/bluez",
                interface="org.bluez.AgentManager1",
                member=member,
                signature=signature,
                body=body,
            )
        )
        if reply is None or reply.message_type == MessageType.ERROR:
            raise RuntimeError(f"{member}: {reply and reply.body}")
