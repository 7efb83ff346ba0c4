import { commands } from '../commands.ts';
import { allFlagWords, crossings, flagWords, transitions, type FlagWord } from './words.ts';

export function fishScript(): string {
  return `# fish completion for drydock; load it with: drydock completion fish | source
function __drydock_at
    set -l at ''
    for word in (commandline -opc)[2..]
        switch "$at/$word"
${transitions()
  .map(({ from, word, to }) => `            case '${from}/${word}'\n                set at '${to}'`)
  .join('\n')}
        end
    end
    echo $at
end
function __drydock_is
    contains -- (__drydock_at) $argv
end
complete -c drydock -f
${crossings()
  .flatMap(({ after, words }) =>
    words.map(
      ({ word, description }) =>
        `complete -c drydock -n '__drydock_is "${after}"' -a ${word} -d ${single(description)}`,
    ),
  )
  .join('\n')}
${commands.flatMap(({ path, argument }) => (argument ? [argumentLine(path.join(' '), argument.values)] : [])).join('\n')}
${allFlagWords().map(flagLine).join('\n')}
`;
}

function argumentLine(path: string, values: readonly string[] | undefined): string {
  return `complete -c drydock -n '__drydock_is "${path}"' ${values ? `-a '${values.join(' ')}'` : '-F'}`;
}

function flagLine(word: FlagWord): string {
  const takers = commands.filter((spec) => flagWords(spec).some(({ flag }) => flag === word.flag));
  const where = `__drydock_is ${takers.map(({ path }) => `"${path.join(' ')}"`).join(' ')}`;
  const short = word.short === undefined ? '' : ` -s ${word.short}`;
  return `complete -c drydock -n '${where}' -l ${word.flag}${short}${valueWords(word)} -d ${single(word.description)}`;
}

function valueWords({ takes, values }: FlagWord): string {
  if (takes === 'nothing') return '';
  if (takes === 'file') return ' -r -F';
  if (takes === 'text') return ' -x';
  return takes === 'one' ? ` -x -a '${values.join(' ')}'` : ` -x -a '(__fish_append , ${values.join(' ')})'`;
}

function single(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
