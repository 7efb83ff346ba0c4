import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { RedisOptions } from './redis-options.ts';
import { parseRedisUrl, type RedisExtras } from './redis-url.ts';

const shown = ({ password, ...rest }: RedisOptions): unknown => ({
  ...rest,
  ...(password && { password: password.reveal() }),
});
const single = { kind: 'single' } as const;

describe('an address of Redis', () => {
  test.each<[string, unknown]>([
    ['redis://localhost', { topology: single, nodes: [{ host: 'localhost', port: 6379 }] }],
    ['redis://10.0.0.1:7000/5', { topology: single, nodes: [{ host: '10.0.0.1', port: 7000 }], database: 5 }],
    ['redis://[::1]:7000/', { topology: single, nodes: [{ host: '::1', port: 7000 }] }],
    ['redis://:p%40ss@h', { topology: single, nodes: [{ host: 'h', port: 6379 }], password: 'p@ss' }],
    [
      'redis://:a/b@c@h/1',
      { topology: single, nodes: [{ host: 'h', port: 6379 }], password: 'a/b@c', database: 1 },
    ],
    [
      'rediss://u:p:q@h',
      { topology: single, nodes: [{ host: 'h', port: 6379 }], username: 'u', password: 'p:q', tls: {} },
    ],
    [
      'redis://h:6379/2?idle_timeout_seconds=30',
      { topology: single, nodes: [{ host: 'h', port: 6379 }], database: 2 },
    ],
    [
      'redis+sentinel://u:p@a:1,b,c:3/main/4',
      {
        topology: { kind: 'sentinel', master: 'main' },
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26379 },
          { host: 'c', port: 3 },
        ],
        username: 'u',
        password: 'p',
        database: 4,
      },
    ],
    [
      'rediss+cluster://a,b:7001/0',
      {
        topology: { kind: 'cluster' },
        nodes: [
          { host: 'a', port: 6379 },
          { host: 'b', port: 7001 },
        ],
        database: 0,
        tls: {},
      },
    ],
  ])('%s', (url, expected) => expect(shown(parseRedisUrl(url))).toEqual(expected));

  test.each<[string, string, RedisExtras?]>([
    ['', 'is no address'],
    ['localhost:6379', 'is no address'],
    ['http://h', 'does not begin with'],
    ['redis://', 'names no host'],
    ['redis://:hunter2@', 'names no host'],
    ['redis://:hunter2@h:99999', 'port'],
    ['redis://:hunter2@h h', 'cannot be understood'],
    ['redis://:hunter2@a,b', 'several hosts'],
    ['redis://user@h', 'no password'],
    ['redis://:hunter2@h/x', 'no number'],
    ['redis://:hunter2@h/1/2', 'more parts'],
    ['redis://:hunter2%zz@h', '%25'],
    ['redis://:hunter2@h?x=hunter2', 'parameters'],
    ['redis://:hunter2@h#x', 'is no address'],
    ['redis+sentinel://:hunter2@h', 'master'],
    ['redis+cluster://:hunter2@h/3', 'only number 0'],
    ['redis://:hunter2@h', 'rediss', { tls: { ca: 'x' } }],
    ['rediss://:hunter2@h', 'go together', { tls: { cert: 'x' } }],
  ])('%s is refused, and its password is not told', (url, why, extras) => {
    const error = failureOf(() => parseRedisUrl(url, extras));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(error?.message).toContain(why);
    expect(`${error?.message} ${error?.stack} ${JSON.stringify(error)}`).not.toContain('hunter2');
  });

  test('takes a password that is given apart', () => {
    const { username, password } = parseRedisUrl('redis://ship@h', { password: new Secret('y') });
    expect([username, password?.reveal()]).toEqual(['ship', 'y']);
  });

  test('takes what sentinels want to know apart', () => {
    const { topology } = parseRedisUrl('redis+sentinel://:x@h/m', { sentinelPassword: new Secret('y') });
    expect(topology.kind === 'sentinel' && topology.password?.reveal()).toBe('y');
  });

  test('is understood or refused, whatever it is', () => {
    const rest = fc.array(
      fc.constantFrom('@', ':', '/', ',', '[', ']', '%', '?', '#', 'a', '0', '::1', '%41', ' '),
    );
    const url = fc.tuple(fc.constantFrom('redis://', 'rediss+sentinel://', 'redis+cluster://', ''), rest);
    fc.assert(
      fc.property(
        fc.oneof(
          url.map(([start, more]) => start + more.join('')),
          fc.string(),
        ),
        (text) => {
          const error = failureOf(() => parseRedisUrl(text));
          expect(error === undefined || error instanceof DrydockError).toBe(true);
        },
      ),
    );
  });
});

function failureOf(act: () => unknown): Error | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
