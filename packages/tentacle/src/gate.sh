# Becomes the script, once the tentacle says so: file 3 is one end of a socket to it. When the tentacle is gone before it
# has said "go", the script does not run.
read -r word <&3 || exit 1
[ "$word" = go ] || exit 1
exec 3>&-
exec "$@"
