import type { JsonObject } from '../../answer-json.ts';
import { objectIn, objectsIn, wordIn } from './fields.ts';

/** Syft's own `-o syft-json` as a bill in CycloneDX's JSON; undefined for what is none. */
export function readSyftJson(value: JsonObject): JsonObject | undefined {
  if (!Array.isArray(value['artifacts']) || !Object.hasOwn(value, 'descriptor')) return undefined;
  const { name, version } = namesOf(objectIn(value['descriptor']));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: name || 'syft', ...(version && { version }) }] },
    },
    components: [...systemOf(objectIn(value['distro'])), ...objectsIn(value['artifacts']).flatMap(component)],
  };
}

function systemOf(distro: JsonObject): JsonObject[] {
  const id = wordIn(distro['id']);
  const version = wordIn(distro['versionID']);
  if (id === '') return [];
  return [{ type: 'operating-system', 'bom-ref': 'os', name: id, ...(version !== '' && { version }) }];
}

function component(artifact: JsonObject, index: number): JsonObject[] {
  const { name, version } = namesOf(artifact);
  if (name === '') return [];
  const purl = wordIn(artifact['purl']);
  const licenses = licensesOf(artifact['licenses']);
  return [
    {
      type: 'library',
      'bom-ref': wordIn(artifact['id']) || `package-${index}`,
      name,
      ...(version !== '' && { version }),
      ...(purl.startsWith('pkg:') && { purl }),
      ...(licenses.length > 0 && { licenses: licenses.map((license) => ({ license: { name: license } })) }),
    },
  ];
}

/** Texts in older versions, objects in newer ones. */
function licensesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const texts = (value as unknown[])
    .slice(0, 50)
    .map((one) =>
      typeof one === 'string'
        ? wordIn(one)
        : wordIn(objectIn(one)['spdxExpression']) || wordIn(objectIn(one)['value']),
    );
  return [...new Set(texts)].filter((text) => text !== '');
}

function namesOf(value: JsonObject): { name: string; version: string } {
  return { name: wordIn(value['name']), version: wordIn(value['version']) };
}
