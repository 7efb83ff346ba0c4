import { commands } from '../commands.ts';
import { allFlagWords, crossings, flagWords, spellings, transitions } from './words.ts';

/** Needs nothing but bash 4 (or 3.2 without file names that hold line ends). */
export function bashScript(): string {
  const valued = allFlagWords().filter(({ takes }) => takes !== 'nothing');
  return `# bash completion for drydock; load it with: source <(drydock completion bash)
_drydock_values() { # one of some words, or several of them with commas
  local head=
  if [[ $1 == several && $cur == *,* ]]; then head=\${cur%,*},; fi
  COMPREPLY=($(compgen -P "$head" -W "$2" -- "\${cur##*,}"))
}

_drydock_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}

_drydock() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= i
  COMPREPLY=()
  # bash takes --flag=value for three words.
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path/\${COMP_WORDS[i]}" in
${transitions()
  .map(({ from, word, to }) => `      '${from}/${word}') path='${to}' ;;`)
  .join('\n')}
    esac
  done
  case "$prev" in
${valued.map((word) => `    ${spellings(word).join('|')}) ${completeValue(word.takes, word.values)}; return ;;`).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$path" in
${commands.map((spec) => `      '${spec.path.join(' ')}') COMPREPLY=($(compgen -W '${flagWords(spec).flatMap(spellings).join(' ')}' -- "$cur")) ;;`).join('\n')}
      *) COMPREPLY=($(compgen -W '--help --version' -- "$cur")) ;;
    esac
    return
  fi
  case "$path" in
${crossings()
  .map(
    ({ after, words }) =>
      `    '${after}') _drydock_values one '${words.map(({ word }) => word).join(' ')}' ;;`,
  )
  .join('\n')}
${commands.flatMap(({ path, argument }) => (argument ? [`    '${path.join(' ')}') ${argumentOf(argument.values)} ;;`] : [])).join('\n')}
  esac
}
complete -F _drydock drydock
`;
}

function completeValue(takes: string, values: readonly string[]): string {
  if (takes === 'file') return '_drydock_files';
  return takes === 'text' ? ':' : `_drydock_values ${takes} '${values.join(' ')}'`;
}

function argumentOf(values: readonly string[] | undefined): string {
  return values ? `_drydock_values one '${values.join(' ')}'` : '_drydock_files';
}
