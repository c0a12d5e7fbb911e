#!/bin/sh
# Ends what a test has started and takes its folder away as soon as that test's process is gone, however it went: it holds the
# other end of the pipe that is read here. $1 is the folder; `*.group` in it are process groups, `ports` the files of its ports.
trap '' INT TERM HUP
cat >/dev/null
for file in "$1"/*.group; do
  [ -f "$file" ] && kill -s KILL -- "-$(cat "$file")" 2>/dev/null
done
if [ -f "$1/ports" ]; then
  while read -r port; do rm -f "$port"; done <"$1/ports"
fi
for attempt in 1 2 3 4 5; do
  rm -rf "$1" 2>/dev/null && exit 0
  sleep 0.2
done
