# Completion of exsyncctl for bash. Commands and options are what exsyncctl --help says, names are what the daemon says, so nothing
# here has to follow the table of methods. Needs bash alone; bash-completion loads it by its name.

# Fills subcommands, options, takes_value and positionals of the caller from the help of a command.
_exsyncctl_read_help() {
  local line section='' option value
  subcommands=() options=() positionals=() takes_value=' '
  while IFS= read -r line; do
    case $line in
      Subcommands: | Options: | Positionals:) section=$line ;;
      '   '* | '') ;; # a text that goes on
      '  '*)
        read -r option value _ <<<"$line"
        case $section in
          Subcommands:) subcommands+=("$option") ;;
          Positionals:) [[ $value == ... ]] && option+=... ; positionals+=("$option") ;;
          Options:)
            options+=("${option##*,}")
            # "--pair PAIR" takes a value, "--json   Print …" takes none.
            [[ $line =~ ^\ \ --[a-z-]+\ [^\ ] ]] && takes_value+="$option " ;;
        esac ;;
      *) section='' ;;
    esac
  done < <("$@" --help 2>/dev/null)
}

# The names of a list, as the daemon has it; none where it cannot be asked. Only the entries' own names stand this far in.
_exsyncctl_names() {
  "$@" --json 2>/dev/null | sed -n 's/^      "name": "\(.*\)",\{0,1\}$/\1/p'
}

_exsyncctl() {
  # Split at spaces only: readline would cut a name at "@" as well.
  local line=${COMP_LINE:0:COMP_POINT} words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current=${words[-1]}

  local subcommands options positionals takes_value
  local call=("${words[0]}") path=() values=() awaits='' pair='' word i
  _exsyncctl_read_help "${call[@]}"
  local everywhere=("${options[@]}") top_value=$takes_value
  for ((i = 1; i < ${#words[@]} - 1; ++i)); do
    word=${words[i]}
    if [[ $awaits ]]; then
      [[ $awaits == --socket ]] && call+=(--socket "$word")
      [[ $awaits == --pair ]] && pair=$word
      awaits=''
    elif [[ $word == --socket=* ]]; then
      call+=("$word")
    elif [[ $word == -* ]]; then
      [[ $takes_value$top_value == *" $word "* ]] && awaits=$word
    elif [[ " ${subcommands[*]} " == *" $word "* ]]; then
      path+=("$word")
      _exsyncctl_read_help "${call[0]}" "${path[@]}"
    else
      values+=("$word")
    fi
  done

  # What is asked for: the option that waits for its value, or the next parameter; the last one may be a list.
  local wanted=${awaits#--} place=${#values[@]}
  if [[ ! $wanted && ${#positionals[@]} -gt 0 ]]; then
    ((place < ${#positionals[@]})) && wanted=${positionals[place]%...}
    ((place >= ${#positionals[@]})) && [[ ${positionals[-1]} == *... ]] && wanted=${positionals[-1]%...}
  fi
  [[ ${positionals[0]} == pair* ]] && pair=${pair:-${values[0]}}

  local candidates=() prefix=${current%"${current##*[@=:]}"}
  if [[ ! $awaits && $current == -* ]]; then
    mapfile -t candidates < <(compgen -W "${options[*]} ${everywhere[*]}" -- "$current" | sort -u)
  elif [[ ! $awaits && ${#subcommands[@]} -gt 0 ]]; then
    mapfile -t candidates < <(compgen -W "${subcommands[*]}" -- "$current")
  elif [[ $wanted == socket || $wanted == key ]]; then
    mapfile -t candidates < <(compgen -f -- "$current")
  elif [[ $wanted == settings && $current == @* ]]; then
    mapfile -t candidates < <(compgen -P @ -f -- "${current#@}")
  elif [[ $wanted == level ]]; then
    candidates=(debug info warning error)
  elif [[ $wanted == "${path[0]%_pair}" && ${path[1]} == create* && ${path[0]} != folder_pair || "${path[*]} $wanted" == "folder_pair create folder" ]]; then
    : # a new name
  elif [[ $wanted == pair || $wanted == server ]]; then
    mapfile -t candidates < <(_exsyncctl_names "${call[@]}" "$wanted" list)
  elif [[ $wanted == folder && ${path[0]} == *pair && $pair ]]; then
    mapfile -t candidates < <(_exsyncctl_names "${call[@]}" folder_pair list --pair "$pair")
  fi

  COMPREPLY=()
  for word in "${candidates[@]}"; do
    [[ $word == "$current"* ]] && COMPREPLY+=("${word#"$prefix"}")
  done
}

complete -F _exsyncctl exsyncctl
