import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDynamic } from './elf-dynamic.ts';

const program = ['/bin/ls', '/usr/bin/ls', '/bin/busybox'].find(
  (path) => existsSync(path) && readFileSync(path).readUInt32BE(0) === 0x7f454c46,
);

describe.skipIf(!program)('parseDynamic (needs an ELF program)', () => {
  const content = program ? readFileSync(program) : Buffer.alloc(0);

  test('reads what a program needs', () => {
    const object = parseDynamic(content);
    if (!object) return; // static
    expect(object.needed.some((name) => /libc|musl/.test(name))).toBe(true);
    for (const [library, versions] of object.requires) {
      expect(object.needed).toContain(library);
      for (const version of versions) expect(version).toMatch(/^[\x21-\x7e]+$/);
    }
  });

  test('damaged ones never throw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1023), fc.nat(255)), { maxLength: 10 }),
        fc.nat(4096),
        (edits, length) => {
          const bytes = Buffer.from(length < 2048 ? content.subarray(0, length) : content);
          for (const [at, byte] of edits) if (at < bytes.length && at > 3) bytes[at] = byte;
          parseDynamic(bytes);
        },
      ),
      { numRuns: 50 },
    );
  });
});

test('what is no ELF is none', () => expect(parseDynamic(Buffer.alloc(100))).toBeUndefined());
