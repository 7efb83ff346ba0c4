import type { FileResult } from '../../analysis/analyzer.ts';
import { readPlainYaml } from '../../codec/yaml/plain-yaml.ts';
import type { YamlValue } from '../../codec/yaml/yaml-value.ts';
import { damaged, textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';
import { itemsIn, mapIn, textIn, valueAt } from '../yaml-values.ts';

interface Pod {
  readonly name: string;
  readonly version: string;
  readonly needs: readonly string[];
}

/** The pods of a `Podfile.lock`; parts of a pod (`Name/Part`) are listed like pods. */
export function parsePodfileLock(content: Uint8Array, path: string): FileResult | undefined {
  const lock = readPlainYaml(textOf(content));
  if (!mapIn(lock)) return damaged('the lock file of CocoaPods is not YAML');
  const pods = itemsIn(valueAt(lock, 'PODS')).flatMap(toPods);
  const byName = new Map(pods.map((pod) => [pod.name, pod]));
  const asked = new Set(itemsIn(valueAt(lock, 'DEPENDENCIES')).map((one) => nameIn(textIn(one) ?? '')));
  const packages = openLockedPackages('cocoapods', 'cocoapods', path);
  for (const { name, version, needs } of pods) {
    const id = packages.add({ name, version, relationship: asked.has(name) ? 'direct' : 'indirect' });
    if (id === undefined) continue;
    const needed = needs.flatMap((need) => byName.get(need) ?? []);
    packages.depend(
      id,
      needed.map((other) => packageId(other.name, other.version)),
    );
  }
  return packages.result();
}

/** `Name (1.0)`, or a map from that to what it needs. */
function toPods(item: YamlValue): Pod[] {
  const text = textIn(item);
  const stated: readonly (readonly [string, YamlValue])[] =
    text === undefined ? [...(mapIn(item)?.entries ?? [])] : [[text, '']];
  return stated.flatMap(([head, needs]) => {
    const version = /\(([^()]+)\)$/.exec(head.slice(-256))?.[1];
    if (version === undefined) return [];
    return [{ name: nameIn(head), version, needs: itemsIn(needs).map((one) => nameIn(textIn(one) ?? '')) }];
  });
}

function nameIn(text: string): string {
  return text.split(' ', 1)[0] ?? '';
}
