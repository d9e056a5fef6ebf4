#compdef exsyncctl
# Completion of exsyncctl for zsh. Commands and options are what exsyncctl --help says, names are what the daemon says, so nothing
# here has to follow the table of methods. Installed as _exsyncctl, where compinit finds it.

# Fills subcommands, flags, takes_value and positionals of the caller from the help of a command; the first two as "name:text".
_exsyncctl_read_help() {
  local line section= option value text
  subcommands=() flags=() positionals=() takes_value=()
  for line in "${(@f)$("$@" --help 2>/dev/null)}"; do
    case $line in
      (Subcommands:|Options:|Positionals:) section=$line ;;
      ('   '*|'') ;; # a text that goes on
      ('  '*)
        read -r option value text <<<"$line"
        case $section in
          (Subcommands:) subcommands+=("$option:$value $text") ;;
          (Positionals:)
            [[ $value == ... ]] && option+=...
            positionals+=("$option") ;;
          (Options:)
            # "--pair PAIR" takes a value, "--json   Print …" takes none.
            if [[ $line == '  --'[a-z-]##' '[^\ ]* ]]; then
              takes_value+=("$option")
              flags+=("$option:$text")
            else
              flags+=("${option##*,}:$value $text")
            fi ;;
        esac ;;
      (*) section= ;;
    esac
  done
}

# The names of a list, as the daemon has it; none where it cannot be asked. Only the entries' own names stand this far in.
_exsyncctl_names() {
  "$@" --json 2>/dev/null | sed -n 's/^      "name": "\(.*\)",\{0,1\}$/\1/p'
}

_exsyncctl() {
  setopt localoptions extendedglob
  local -a subcommands flags positionals takes_value everywhere_flags everywhere_value call chain values candidates
  local current=${words[CURRENT]} awaits= pair= word wanted
  local -i i place

  call=("${(Q)words[1]}")
  _exsyncctl_read_help "${call[@]}"
  everywhere_flags=("${flags[@]}") everywhere_value=("${takes_value[@]}")
  for ((i = 2; i < CURRENT; ++i)); do
    word=${(Q)words[i]}
    if [[ -n $awaits ]]; then
      [[ $awaits == --socket ]] && call+=(--socket "$word")
      [[ $awaits == --pair ]] && pair=$word
      awaits=
    elif [[ $word == --socket=* ]]; then
      call+=("$word")
    elif [[ $word == -* ]]; then
      (( ${takes_value[(Ie)$word]} || ${everywhere_value[(Ie)$word]} )) && awaits=$word
    elif (( ${${subcommands[@]%%:*}[(Ie)$word]} )); then
      chain+=("$word")
      _exsyncctl_read_help "${call[1]}" "${chain[@]}"
    else
      values+=("$word")
    fi
  done

  # What is asked for: the option that waits for its value, or the next parameter; the last one may be a list.
  wanted=${awaits#--} place=${#values}
  if [[ -z $wanted && ${#positionals} -gt 0 ]]; then
    if ((place < ${#positionals})); then
      wanted=${positionals[place + 1]%...}
    elif [[ ${positionals[-1]} == *... ]]; then
      wanted=${positionals[-1]%...}
    fi
  fi
  [[ ${positionals[1]} == pair* ]] && pair=${pair:-${values[1]}}

  if [[ -z $awaits && $current == -* ]]; then
    flags+=("${everywhere_flags[@]}")
    flags=("${(@u)flags}")
    _describe -o option flags
  elif [[ -z $awaits && ${#subcommands} -gt 0 ]]; then
    _describe command subcommands
  elif [[ $wanted == (socket|key) ]]; then
    _files
  elif [[ $wanted == settings && $current == @* ]]; then
    compset -P @
    _files
  elif [[ $wanted == level ]]; then
    compadd -- debug info warning error
  elif [[ $wanted == ${chain[1]%_pair} && ${chain[2]} == create* && ${chain[1]} != folder_pair || "${chain[*]} $wanted" == 'folder_pair create folder' ]]; then
    _message 'a new name'
  elif [[ $wanted == (pair|server) ]]; then
    candidates=("${(@f)$(_exsyncctl_names "${call[@]}" "$wanted" list)}")
    compadd -- "${(@)candidates:#}"
  elif [[ $wanted == folder && ${chain[1]} == *pair && -n $pair ]]; then
    candidates=("${(@f)$(_exsyncctl_names "${call[@]}" folder_pair list --pair "$pair")}")
    compadd -- "${(@)candidates:#}"
  fi
}

_exsyncctl "$@"
