const NEWLINE = 0x0a;
const COLON = 0x3a;
const DIRECTORY = 0x46;
const FILE = 0x52;

/** Files of all packages of apk's installed database: `F:` names a directory, each `R:` after it a file in it. */
export function* installedFiles(database: Buffer): Generator<string> {
  let directory = '';
  for (let start = 0; start < database.length;) {
    const newline = database.indexOf(NEWLINE, start);
    const end = newline < 0 ? database.length : newline;
    const letter = database[start + 1] === COLON ? database[start] : undefined;
    if (letter === DIRECTORY) directory = database.toString('utf8', start + 2, end);
    else if (letter === FILE) {
      const name = database.toString('utf8', start + 2, end);
      yield directory === '' ? name : `${directory}/${name}`;
    } else if (end === start) directory = '';
    start = end + 1;
  }
}
