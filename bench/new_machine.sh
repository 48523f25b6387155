#!/bin/bash
# A newcomer's machine: a Debian root of its own, entered as a container would be (pivot_root, so
# that user namespaces work), on this machine's kernel and network.
# Usage: unshare --mount --propagation private new_machine.sh ROOT COMMAND
set -euo pipefail
root=$1 command=$2
cd /
mount --bind "$root" "$root"
cd "$root"
mkdir -p old proc sys dev
for kernel in proc sys dev; do mount --rbind "/$kernel" "$kernel"; done
pivot_root . old
exec env --ignore-environment HOME=/root \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${CERTIFICATES:-} \
  chroot . /bin/bash -c "umount --lazy /old; cd /root/mlflow-ha; $command"
