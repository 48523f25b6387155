#!/bin/bash
# Starts a program in an image's root as a container does: as process 1, without privileges, under a
# host name of its own, on a root that cannot be written, with one volume.
# Usage: unshare --mount --uts --pid --fork enter_image.sh ROOT HOST USER FILES WORKDIR PROGRAM...
#   FILES  a folder laid over the root: its tmp becomes the volume, its other files replace theirs
set -euo pipefail
root=$1 host=$2 user=$3 files=$4 workdir=$5
shift 5
mount --make-rprivate /
hostname "$host"
mount --bind "$root" "$root"
(cd "$files" && find . -type f -not -path './tmp/*') | while read -r file; do
  mount --bind "$files/$file" "$root/$file"
done
mount --bind "$files/tmp" "$root/tmp"
mount --rbind /dev "$root/dev"
mount --types proc proc "$root/proc"
mount --options remount,bind,ro "$root"
# "+": numbers are not looked up, neither here nor there.
exec setpriv --no-new-privs /usr/sbin/chroot --userspec="+${user/:/:+}" --groups= "$root" \
  /usr/bin/env --chdir="$workdir" "$@"
