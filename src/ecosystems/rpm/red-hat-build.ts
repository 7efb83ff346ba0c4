import type { FileResult } from '../../analysis/analyzer.ts';
import { parseDockerfileLabels } from './parse-dockerfile.ts';
import { cleanText } from './rpm-package.ts';

const MAX_CONTENT_SETS = 1000;

/** What a build file says: a content manifest (JSON), or the Dockerfile of the build with its labels. */
export function parseBuildFile(text: string, path: string): FileResult | undefined {
  return path.endsWith('.json') ? parseContentManifest(text) : parseDockerfile(text, path);
}

function parseContentManifest(text: string): FileResult | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { diagnostics: [{ code: 'BUILD_INFO_BROKEN', message: 'the content manifest is not JSON' }] };
  }
  const sets = (json as { content_sets?: unknown } | null)?.content_sets;
  if (!Array.isArray(sets)) return undefined;
  const contentSets = sets
    .slice(0, MAX_CONTENT_SETS)
    .flatMap((set: unknown) => (typeof set === 'string' ? (cleanText(set) ?? []) : []));
  return contentSets.length > 0 ? { redHatBuild: { contentSets } } : undefined;
}

/** Name, version and release of the image itself, by which Red Hat lists what an image holds. */
function parseDockerfile(text: string, path: string): FileResult | undefined {
  const labels = parseDockerfileLabels(text);
  const label = (key: string): string | undefined => {
    const value = cleanText(labels.get(key));
    // A variable nobody set says nothing.
    return value?.includes('$') ? undefined : value;
  };
  // The file's own name ends with both: Dockerfile-ubi8-8.6-754.
  const [namedVersion, namedRelease] = path
    .slice(path.lastIndexOf('/') + 1)
    .split('-')
    .slice(-2);
  const component = label('com.redhat.component');
  const version = label('version') ?? namedVersion;
  const release = label('release') ?? namedRelease;
  const architecture = label('architecture');
  if (!component || !version || !release) return undefined;
  return {
    redHatBuild: {
      contentSets: [],
      nvr: `${component}-${version}-${release}`,
      ...(architecture && { architecture }),
    },
  };
}
