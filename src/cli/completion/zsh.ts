import { commands, type CommandSpec } from '../commands.ts';
import { crossings, flagWords, transitions, type FlagWord } from './words.ts';

/** Works when sourced, and as the file `_drydock` in `$fpath`. */
export function zshScript(): string {
  return `#compdef drydock
# zsh completion for drydock; load it with: source <(drydock completion zsh)
_drydock() {
  local at= word
  integer depth=1 i
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/$words[i]" in
${transitions()
  .map(({ from, word, to }) => `      '${from}/${word}') at='${to}'; depth=i ;;`)
  .join('\n')}
    esac
  done
  local -a choices
  case "$at" in
${crossings()
  .map(
    ({ after, words }) =>
      `    '${after}') choices=(${words.map(({ word, description }) => single(`${word}:${description}`)).join(' ')})\n      _describe command choices; return ;;`,
  )
  .join('\n')}
  esac
  shift $((depth - 1)) words
  (( CURRENT -= depth - 1 ))
  case "$at" in
${commands.map(argumentsOf).join('\n')}
  esac
}
if [[ $funcstack[1] == _drydock ]]; then _drydock "$@"; else compdef _drydock drydock; fi
`;
}

function argumentsOf(spec: CommandSpec): string {
  const { argument } = spec;
  const rest = argument
    ? [single(`*:${argument.name}:${argument.values ? `(${argument.values.join(' ')})` : '_files'}`)]
    : [];
  const lines = [...flagWords(spec).map(flagSpec), ...rest].map((line) => `      ${line}`);
  return `    '${spec.path.join(' ')}') _arguments -s \\\n${lines.join(' \\\n')} ;;`;
}

function flagSpec({ flag, short, description, takes, values }: FlagWord): string {
  const text = `[${description.replace(/[[\]\\]/g, '\\$&')}]${valueSpec(flag, takes, values)}`;
  const long = `--${flag}${takes === 'nothing' ? '' : '='}`;
  const repeatable = takes === 'several' || takes === 'text' ? '*' : '';
  if (short === undefined) return single(`${repeatable}${long}${text}`);
  const excluded = repeatable === '' ? `'(-${short} --${flag})'` : "'*'";
  return `${excluded}{-${short},${long}}${single(text)}`;
}

function valueSpec(flag: string, takes: FlagWord['takes'], values: readonly string[]): string {
  if (takes === 'nothing') return '';
  if (takes === 'file') return `:${flag}:_files`;
  if (takes === 'text') return `:${flag}: `;
  return takes === 'one'
    ? `:${flag}:(${values.join(' ')})`
    : `:${flag}:_sequence compadd - ${values.join(' ')}`;
}

function single(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
