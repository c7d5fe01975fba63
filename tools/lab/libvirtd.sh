#!/bin/sh
# Inside a lab host: start libvirt's daemons (those that do not run), or kill -9 libvirtd, guests living on.
set -eu
running() { pid=$(cat "/run/libvirt/$1.pid" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ]; }
# --daemon returns when the sockets listen, so the next one may start.
start() { running "$1" || "$@" --daemon --pid-file "/run/libvirt/$1.pid"; }

case $1 in
  start)
    start virtlogd
    start virtlockd
    start libvirtd --listen
    ;;
  kill)
    running libvirtd || exit 0
    kill -9 "$pid"
    while running libvirtd; do sleep 0.02; done
    ;;
esac
