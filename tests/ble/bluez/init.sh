#!/bin/busybox sh
# First and only program of the machine: bluetoothd on the bus outside, and an adapter when told so.
/bin/busybox --install -s /bin
ln -s /bin /sbin # where the kernel looks for modprobe
export PATH=/bin:/usr/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
modprobe -a virtio_pci virtio_console algif_hash algif_skcipher cmac ecb ecdh_generic ccm bluetooth hci_uart
for port in /sys/class/virtio-ports/*; do
    read -r name <$port/name; eval "port_$name=/dev/${port##*/}"
done
exec 9<>$port_control
# The bus is outside. libdbus reaches it through a program, the program through a port.
printf '#!/bin/sh\nexec 3<>%s; cat <&3 & exec cat >&3\n' $port_bus >/bin/bus; chmod +x /bin/bus
export DBUS_SYSTEM_BUS_ADDRESS=unixexec:path=/bin/bus
/usr/libexec/bluetooth/bluetoothd --nodetach $bluetoothd &
echo ready >&9
# The adapter is there while someone outside has the other end of its line open.
while read -r line <&9; do
    case $line in
        plug) btattach -B /dev/hvc0 -P h4 & attached=$! ;;
        unplug) kill $attached; wait $attached; echo unplugged >&9 ;;
    esac
done
poweroff -f
