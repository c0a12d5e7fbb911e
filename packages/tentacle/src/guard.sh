# Ends the scripts of a tentacle that was killed. Runs in a session of its own, so that what kills the tentacle does not
# reach it. Reads from the tentacle: "+<group>" to watch over a process group, which is answered with the same line,
# "-<group>" to forget it, and "." when it has been told of all that ran before it was started. The end of the input is the
# end of the tentacle: all groups that are left get TERM, and KILL within a second. Once none of them has a process left, the
# file named by $1 is made: it is the proof of that, so a guard that did not know of all does not make it.

trap '' HUP INT TERM PIPE
groups=' '
complete=no

while read -r line; do
  group=${line#?}
  case $line in
    .) complete=yes ;;
    +*)
      groups="$groups$group "
      printf '%s\n' "$line"
      ;;
    -*)
      case $groups in
        *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
      esac
      ;;
  esac
done

# Keeps the groups that have a living process. A zombie is none, and one of another user is one, though it cannot be
# signalled: only /proc tells both.
keep_living() {
  living=' '
  if [ -r /proc/self/stat ]; then
    for file in /proc/[0-9]*/stat; do
      { read -r stat <"$file"; } 2>/dev/null || continue
      # shellcheck disable=SC2086
      set -- ${stat##*) }
      case $1 in Z | X) continue ;; esac
      case $groups in *" $3 "*) living="$living$3 " ;; esac
    done
  else
    for group in $groups; do
      kill -0 "-$group" 2>/dev/null && living="$living$group "
    done
  fi
  groups=$living
}

signal() {
  for group in $groups; do
    kill "-$1" "-$group" 2>/dev/null
  done
}

proof=$1
signal TERM
round=0
while keep_living; [ "$groups" != ' ' ]; do
  round=$((round + 1))
  [ "$round" -ge 8 ] && signal KILL
  if [ "$round" -gt 100 ]; then sleep 1; else sleep 0.1; fi
done
[ "$complete" = no ] || : >"$proof"
