import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImageConfig } from '../../model/image.ts';
import { checkImageConfig } from './check-image-config.ts';

const GOOD = { User: '1000:1000', Healthcheck: { Test: ['CMD', '/bin/true'] } };

function made(config: Record<string, unknown>, history: readonly string[] = []): ImageConfig {
  return {
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [] },
    history: history.map((created_by) => ({ created_by })),
  };
}

const ids = (config: ImageConfig): string[] => checkImageConfig(config).map(({ ruleId }) => ruleId.slice(-4));

describe('the configuration of an image', () => {
  test('nothing is said of a good one', () => {
    const history = [
      'FROM x',
      'RUN /bin/sh -c apt-get update && apt-get install --no-install-recommends -y a && rm -rf /var/lib/apt/lists/* # buildkit',
    ];
    expect(
      ids(
        made({ ...GOOD, ExposedPorts: { '8080/tcp': {} }, Env: ['PATH=/bin', 'TOKEN_FILE=/run/x'] }, history),
      ),
    ).toEqual([]);
  });

  test.each<[config: Record<string, unknown>, expected: string[]]>([
    [{ User: '' }, ['0001']],
    [{ User: 'root' }, ['0001']],
    [{ User: '0:0' }, ['0001']],
    [{ User: 'root:staff' }, ['0001']],
    [{ User: 'app' }, []],
    [{ Healthcheck: { Test: ['NONE'] } }, ['0002']],
    [{ Healthcheck: undefined }, ['0002']],
    [{ ExposedPorts: { '22/tcp': {}, '80': {}, '443/udp': {}, '8443/tcp': {} } }, ['0004', '0003', '0004']],
    [
      {
        Env: ['DB_PASSWORD=x', 'API_KEY=y', 'SECRET=', 'PGPASSWORD_FILE=/x', 'GPG_KEY=AB', 'GITHUB_TOKEN=z'],
      },
      ['0005', '0005', '0005'],
    ],
    [{ Labels: { 'org.opencontainers.image.base.name': 'docker.io/library/debian:latest' } }, ['0012']],
    [{ Labels: { 'org.opencontainers.image.base.name': 'localhost:5000/debian' } }, ['0012']],
    [{ Labels: { 'org.opencontainers.image.base.name': 'localhost:5000/debian:12' } }, []],
    [{ User: 7, Env: 'x', ExposedPorts: [], Labels: null, Healthcheck: 'x' }, ['0001', '0002']],
  ])('%j', (config, expected) => {
    expect(ids(made({ ...GOOD, ...config }))).toEqual(expected);
  });

  test.each([
    ['/bin/sh -c #(nop)  MAINTAINER Some Body <a@b.c>', ['0013']],
    ['/bin/sh -c #(nop) ADD https://example.com/x.tgz in /opt', ['0006']],
    ['ADD https://example.com/x.tgz /opt # buildkit', ['0006']],
    ['ADD --checksum=sha256:aa https://example.com/x.tgz /opt # buildkit', []],
    ['ADD file:0123 in /', []],
    ['RUN /bin/sh -c curl -fsSL https://example.com/i.sh | bash - # buildkit', ['0007']],
    ['/bin/sh -c wget -qO- https://x | sudo -E sh', ['0007', '0008']],
    ['RUN |1 VERSION=1 /bin/sh -c curl https://x -o f && sh f # buildkit', []],
    ['/bin/sh -c curl https://x | tar xz', []],
    ['/bin/sh -c sudo chown a b', ['0008']],
    ['/bin/sh -c apt-get update && apt-get install -y curl', ['0010', '0009']],
    ['/bin/sh -c apt-get update && apt-get install -y --no-install-recommends curl', ['0009']],
    ['/bin/sh -c curl -k https://x -o y', ['0011']],
    ['/bin/sh -c DEBIAN_FRONTEND=noninteractive apt-get --allow-unauthenticated upgrade', ['0011']],
    ['/bin/sh -c chmod -R 777 /app', ['0014']],
    ['/bin/sh -c chmod a+rwx /app', ['0014']],
    ['/bin/sh -c chmod 755 /app', []],
    ['CMD ["curl | sh"]', []],
  ])('%s', (step, expected) => {
    expect(ids(made(GOOD, [step]))).toEqual(expected);
  });

  test('values and passwords are never told', () => {
    const config = made({ User: 'a', Env: ['A_TOKEN=hunter2'] }, [
      'ADD https://me:hunter2@example.com/x?token=hunter2 /x # buildkit',
      '/bin/sh -c curl https://me:hunter2@example.com/x | sh -s -- --token hunter2',
    ]);
    expect(JSON.stringify(checkImageConfig(config))).not.toContain('hunter2');
  });

  test('any configuration is answered, soon', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('User', 'Env', 'ExposedPorts', 'Labels', 'Healthcheck'),
          fc.jsonValue(),
        ),
        fc.array(fc.string()),
        (config, history) => void checkImageConfig(made(config, history)),
      ),
    );
    const started = performance.now();
    for (const text of ['curl ', '| sh ', 'a=b ', 'https://', ' ', '//@', '["'])
      checkImageConfig(
        made(GOOD, [
          text.repeat(100_000),
          `ADD ${text.repeat(100_000)}`,
          `MAINTAINER ${text.repeat(50_000)}`,
        ]),
      );
    expect(performance.now() - started).toBeLessThan(18_000);
  });
});
