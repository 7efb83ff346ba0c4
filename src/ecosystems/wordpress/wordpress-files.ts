import { eachFile, type Analyzer, type FileResult, type LayerFile } from '../../analysis/analyzer.ts';
import { hasEnding } from '../path-ending.ts';
import { parseCoreVersion, parseExtension } from './parse-headers.ts';

const CORE = 'wp-includes/version.php';
const PLUGINS = 'wp-content/plugins/';
const THEMES = 'wp-content/themes/';
const STYLE = '/style.css';
/** Only heads are read, but files come whole. */
const MAX_FILE_BYTES = 4 << 20;

export const wordpressCore: Analyzer = {
  id: 'wordpress-core',
  reads: 'wp-includes/version.php',
  version: 1,
  appliesTo: 'installed',
  maxFileBytes: MAX_FILE_BYTES,
  endings: [CORE],
  wants: ({ path }) => hasEnding(path, CORE) && isAtStart(path, path.length - CORE.length),
  begin: eachFile(({ path, content }) => parseCoreVersion(content, path)),
};

/** A plugin is a file beside the others, or a folder with its main file right inside; a theme is a folder. */
export const wordpressExtensions: Analyzer = {
  id: 'wordpress-extensions',
  reads: 'heads of plugins and themes',
  version: 1,
  appliesTo: 'installed',
  maxFileBytes: MAX_FILE_BYTES,
  endings: ['.php', STYLE],
  wants: ({ path }) =>
    hasEnding(path, '.php')
      ? partsBelow(path, PLUGINS) !== undefined
      : hasEnding(path, STYLE) && partsBelow(path, THEMES)?.length === 2,
  begin: eachFile(readExtension),
};

function readExtension({ path, content }: LayerFile): FileResult | undefined {
  const plugin = partsBelow(path, PLUGINS);
  if (plugin) {
    const [first = ''] = plugin;
    const slug = plugin.length === 1 ? first.slice(0, -'.php'.length) : first;
    return parseExtension(content, path, 'Plugin Name', `plugins/${slug}`);
  }
  const [slug = ''] = partsBelow(path, THEMES) ?? [];
  return parseExtension(content, path, 'Theme Name', `themes/${slug}`);
}

/** Names below the folder, if it is one of the first two. */
function partsBelow(path: string, folder: string): string[] | undefined {
  const at = path.lastIndexOf(folder);
  if (at < 0 || !isAtStart(path, at)) return undefined;
  const parts = path.slice(at + folder.length).split('/', 3);
  return parts.length <= 2 ? parts : undefined;
}

function isAtStart(path: string, at: number): boolean {
  return at === 0 || path[at - 1] === '/';
}
