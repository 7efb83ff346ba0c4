import type { KeptPackage } from './package-json.ts';

/**
 * Trivy's number for a package in its place, which joins packages, findings and bills of materials: 64 bits in lower-case
 * hex without padding, over everything that was known of the package when it was put.
 *
 * It is the hash that Go's hashstructure (format 2) makes of `{filePath, pkg}`, over FNV-1 with 64 bits.
 */
export function packageUid(pkg: KeptPackage, filePath: string): string {
  const parts = [
    ordered(textHash('filePath'), textHash(filePath)),
    ordered(textHash('pkg'), packageHash(pkg)),
  ];
  const [hi, lo] = finish(parts.reduce(xor));
  return hi === 0 ? lo.toString(16) : hi.toString(16) + lo.toString(16).padStart(8, '0');
}

/** The upper and the lower 32 bits. */
type Hash = readonly [hi: number, lo: number];

const OFFSET: Hash = [0xcbf29ce4, 0x84222325];
/** The prime is 2^40 and this. */
const PRIME_LOW = 0x1b3;

function packageHash(pkg: KeptPackage): Hash {
  const { identifier, layer, beyondWire = {} } = pkg;
  return struct('Package', [
    ['ID', text(pkg.id)],
    ['Name', text(pkg.name)],
    [
      'Identifier',
      identifier &&
        struct('PkgIdentifier', [
          ['UID', text(identifier.uid)],
          ['BOMRef', text(identifier.bomRef)],
        ]),
    ],
    ['Version', text(pkg.version)],
    ['Release', text(pkg.release)],
    ['Epoch', int(pkg.epoch)],
    ['Arch', text(pkg.arch)],
    ['Dev', flag(pkg.dev)],
    ['SrcName', text(pkg.srcName)],
    ['SrcVersion', text(pkg.srcVersion)],
    ['SrcRelease', text(pkg.srcRelease)],
    ['SrcEpoch', int(pkg.srcEpoch)],
    ['Licenses', texts(pkg.licenses)],
    ['Maintainer', text(pkg.maintainer)],
    ['Modularitylabel', text(beyondWire.modularityLabel ?? '')],
    ['BuildInfo', buildHash(beyondWire.buildInfo)],
    [
      'Repository',
      pkg.repository?.class
        ? struct('PackageRepository', [['Class', text(pkg.repository.class)]])
        : undefined,
    ],
    ['Indirect', flag(pkg.indirect)],
    ['Relationship', int(pkg.relationship)],
    ['DependsOn', texts(pkg.dependsOn)],
    [
      'Layer',
      layer &&
        struct('Layer', [
          ['Size', layer.size === 0n ? undefined : number(layer.size)],
          ['Digest', text(layer.digest)],
          ['DiffID', text(layer.diffId)],
          ['CreatedBy', text(layer.createdBy)],
        ]),
    ],
    ['FilePath', text(pkg.filePath)],
    ['Digest', text(pkg.digest)],
    [
      'Locations',
      list(
        pkg.locations.map(({ startLine, endLine }) =>
          struct('Location', [
            ['StartLine', int(startLine)],
            ['EndLine', int(endLine)],
          ]),
        ),
      ),
    ],
    ['InstalledFiles', texts(beyondWire.installedFiles ?? [])],
    ['AnalyzedBy', text(pkg.analyzedBy)],
  ]);
}

function buildHash(build: NonNullable<KeptPackage['beyondWire']>['buildInfo']): Hash | undefined {
  return (
    build &&
    struct('BuildInfo', [
      ['ContentSets', texts(build.contentSets)],
      ['Nvr', text(build.nvr)],
      ['Arch', text(build.arch)],
    ])
  );
}

/** Fields without a value do not count, so that new ones change no number. */
function struct(type: string, fields: readonly (readonly [name: string, value: Hash | undefined])[]): Hash {
  let hash = textHash(type);
  for (const [name, value] of fields) {
    if (value) hash = finish(xor(hash, ordered(textHash(name), value)));
  }
  return hash;
}

function text(value: string): Hash | undefined {
  return value === '' ? undefined : textHash(value);
}

function texts(values: readonly string[]): Hash | undefined {
  return list(values.map(textHash));
}

function list(hashes: readonly Hash[]): Hash | undefined {
  return hashes.length === 0 ? undefined : hashes.reduce(ordered, [0, 0]);
}

function flag(value: boolean): Hash | undefined {
  return value ? bytesHash([1]) : undefined;
}

function int(value: number): Hash | undefined {
  return value === 0 ? undefined : number(BigInt(value));
}

function number(value: bigint): Hash {
  const bits = BigInt.asUintN(64, value);
  return wordsHash([Number(bits & 0xffffffffn), Number(bits >> 32n)]);
}

function xor([aHi, aLo]: Hash, [bHi, bLo]: Hash): Hash {
  return [(aHi ^ bHi) >>> 0, (aLo ^ bLo) >>> 0];
}

function ordered(a: Hash, b: Hash): Hash {
  return wordsHash([a[1], a[0], b[1], b[0]]);
}

function finish([hi, lo]: Hash): Hash {
  return wordsHash([lo, hi]);
}

/** Of 32-bit words, the lowest byte first. */
function wordsHash(words: readonly number[]): Hash {
  return bytesHash(
    words.flatMap((word) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24]),
  );
}

function textHash(value: string): Hash {
  return bytesHash(Buffer.from(value));
}

function bytesHash(bytes: ArrayLike<number>): Hash {
  let [hi, lo] = OFFSET as [number, number];
  for (let at = 0; at < bytes.length; at++) {
    const product = lo * PRIME_LOW;
    const carry = Math.floor(product / 0x1_0000_0000);
    hi = (hi * PRIME_LOW + carry + lo * 0x100) % 0x1_0000_0000;
    lo = ((product >>> 0) ^ (bytes[at] ?? 0)) >>> 0;
  }
  return [hi, lo];
}
