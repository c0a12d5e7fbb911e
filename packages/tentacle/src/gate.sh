# Becomes the script, once the tentacle says so. Runs in the folder of the script as the leader of its process group, with
# one end of a socket as file 3. When the tentacle is gone before it said "go", the script does not run.
#
# The output goes through named pipes, and not through the sockets that Node would give it: a script that opens
# /dev/stderr or /dev/stdout gets an error where that is a socket.

command -p mkfifo -m 600 stdout stderr || exit 1
printf r >&3
read -r word <&3 || exit 1
[ "$word" = go ] || exit 1
exec >stdout 2>stderr
printf o >&3
exec 3>&-
exec "$@"
