import {
  SbomError,
  SBOM_LIMITS,
  TRIVY_PREFIX,
  type SbomComponent,
  type SbomComponentKind,
  type SbomDocument,
} from './document.ts';
import { cleanText, objectAt, objectsAt, textAt, textsAt, type JsonObject } from './json-members.ts';
import { checkCount, openRelations, type RelationList } from './relations.ts';

const KINDS: ReadonlyMap<string, SbomComponentKind> = new Map<string, SbomComponentKind>([
  ['application', 'application'],
  ['container', 'container'],
  ['framework', 'library'],
  ['library', 'library'],
  ['operating-system', 'operating-system'],
]);

/**
 * A document of CycloneDX 1.2 to 1.7 in JSON.
 *
 * @see https://cyclonedx.org/docs/1.7/json/
 */
export function parseCycloneDx(root: JsonObject): SbomDocument {
  const specVersion = textAt(root, 'specVersion') ?? '';
  if (!/^1\.[0-9]{1,2}$/.test(specVersion))
    throw new SbomError(
      'unsupported',
      `its version of CycloneDX is ${JSON.stringify(specVersion.slice(0, 20))}`,
    );
  const relations = openRelations();
  const components: SbomComponent[] = [];
  const subjectNode = objectAt(objectAt(root, 'metadata'), 'component');
  const subject = subjectNode && addTree([subjectNode], components, relations)[0];
  addTree(objectsAt(root, 'components'), components, relations);
  for (const node of objectsAt(root, 'dependencies')) {
    const ref = textAt(node, 'ref');
    if (ref !== undefined) for (const to of textsAt(node, 'dependsOn')) relations.add(ref, to);
  }
  return {
    format: 'cyclonedx',
    specVersion,
    ...(subject && { name: subject.name, subject }),
    components,
    relations: relations.all(),
  };
}

/** Components may hold components; a stack of our own goes as deep as the text does. */
function addTree(
  nodes: readonly JsonObject[],
  components: SbomComponent[],
  relations: RelationList,
): SbomComponent[] {
  const first = components.length;
  const waiting: { readonly node: JsonObject; readonly parent?: string }[] = [];
  for (const node of nodes) waiting.push({ node });
  for (let next = 0; next < waiting.length; next++) {
    const { node, parent } = waiting[next] ?? {};
    if (!node) break;
    checkCount(components.length + 1);
    const component = toComponent(node, `#${components.length}`);
    components.push(component);
    if (parent !== undefined) relations.add(parent, component.ref);
    for (const child of objectsAt(node, 'components')) waiting.push({ node: child, parent: component.ref });
  }
  return components.slice(first);
}

function toComponent(node: JsonObject, place: string): SbomComponent {
  const [group, version, description, purl] = ['group', 'version', 'description', 'purl'].map((key) =>
    textAt(node, key),
  );
  const supplier = textAt(objectAt(node, 'supplier'), 'name') ?? textAt(node, 'publisher');
  const occurrences = objectsAt(objectAt(node, 'evidence'), 'occurrences');
  return {
    ref: textAt(node, 'bom-ref') ?? place,
    kind: KINDS.get(textAt(node, 'type') ?? '') ?? 'other',
    name: textAt(node, 'name') ?? '',
    ...(group && { group }),
    ...(version && { version }),
    ...(description && { description }),
    ...(purl && { purl }),
    ...(supplier && { supplier }),
    licenses: licensesOf(node),
    hashes: objectsAt(node, 'hashes').flatMap(hashOf),
    paths: occurrences.slice(0, SBOM_LIMITS.properties).flatMap((one) => textAt(one, 'location') ?? []),
    properties: propertiesOf(node),
    ...(textAt(node, 'scope') === 'excluded' && { isExcluded: true as const }),
  };
}

function licensesOf(node: JsonObject): string[] {
  return objectsAt(node, 'licenses').flatMap((choice) => {
    const license = objectAt(choice, 'license');
    return textAt(choice, 'expression') ?? textAt(license, 'id') ?? textAt(license, 'name') ?? [];
  });
}

/** `SHA-256` → `sha256`. */
function hashOf(node: JsonObject): string | [] {
  const algorithm = textAt(node, 'alg')?.toLowerCase().replace(/^sha-/, 'sha');
  const content = textAt(node, 'content')?.toLowerCase();
  return algorithm && content && /^[0-9a-f]+$/.test(content) ? `${algorithm}:${content}` : [];
}

function propertiesOf(node: JsonObject): ReadonlyMap<string, readonly string[]> {
  const properties = new Map<string, string[]>();
  for (const { name: given, value: content } of objectsAt(node, 'properties').slice(
    0,
    SBOM_LIMITS.properties,
  )) {
    const name = cleanText(given);
    const value = cleanText(content);
    if (name === undefined || value === undefined) continue;
    const key = name.startsWith(TRIVY_PREFIX) ? name.slice(TRIVY_PREFIX.length) : name;
    const known = properties.get(key);
    if (known) known.push(value);
    else properties.set(key, [value]);
  }
  return properties;
}
