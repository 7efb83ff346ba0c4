/** Words of the shell, and commands that only look or print. */
const HARMLESS: ReadonlySet<string> = new Set(
  (
    '[ [[ test true false : echo printf exit return set shift case esac in if then else elif fi for do done while ' +
    'until local export unset read cd dpkg-query grep egrep fgrep sed cut head tail tr sort uniq cat awk command which ' +
    'type getent basename dirname readlink realpath id uname stat expr seq sleep umask trap eval . { } ! ( ) ;;'
  ).split(' '),
);

/** For the message of a refusal: the first command of a shell script that may do something. A guess, never a judgement. */
export function firstUnknownCommand(script: string): string | undefined {
  const functions = new Set(
    [...script.matchAll(/^\s*([A-Za-z_]\w*)\s*\(\)/gm)].map((match) => match[1] ?? ''),
  );
  for (const line of script.split('\n').slice(0, 5000)) {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#') || /^[\w|*"' .-]+\)/.test(bare)) continue;
    for (const part of bare.slice(0, 2000).split(/&&|\|\||;|\|/)) {
      const word =
        part
          .trim()
          .replace(/^(?:if|then|else|elif|while|until|do|!)\s+/, '')
          .split(/\s+/)[0] ?? '';
      if (!/^[A-Za-z/][\w./+-]*$/.test(word) || HARMLESS.has(word) || functions.has(word)) continue;
      return word;
    }
  }
  return undefined;
}
