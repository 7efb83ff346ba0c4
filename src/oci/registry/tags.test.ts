import { describe, expect, test } from 'vitest';
import { always, startFakeRegistry, type FakeRegistry } from '../../../test/fixtures/fake-registry.ts';
import { clientOf, errorOf, options, referenceIn } from '../../../test/fixtures/registry-client.ts';

async function tagsOf(registry: FakeRegistry): Promise<string[]> {
  await using client = clientOf([registry]);
  const tags: string[] = [];
  for await (const tag of client.listTags(referenceIn(registry), options)) tags.push(tag);
  return tags;
}

const page = (tags: unknown, link?: string) => ({
  body: JSON.stringify({ name: 'team/app', tags }),
  ...(link !== undefined && { headers: { link } }),
});

describe('tags are listed', () => {
  test('page by page as links say, short pages too', async () => {
    await using registry = await startFakeRegistry();
    registry.rules.push(always('last=b', page(['c'])));
    registry.rules.push(
      always('last=a', page(['b'], `<http://${registry.host}/v2/team/app/tags/list?last=b>; rel=next`)),
    );
    registry.rules.push(
      always('/tags/list', page(['a'], '</v2/team/app/tags/list?n=1&last=a>; title="x"; rel="next"')),
    );
    expect(await tagsOf(registry)).toEqual(['a', 'b', 'c']);
  });

  test('without links, as long as pages are full', async () => {
    const all = Array.from({ length: 2500 }, (_, i) => `t${String(i).padStart(5, '0')}`);
    await using registry = await startFakeRegistry();
    registry.rules.push(({ path }) => {
      if (!path.includes('/tags/list')) return undefined;
      const last = new URL(path, registry.origin).searchParams.get('last') ?? '';
      return page(all.filter((tag) => tag > last).slice(0, 1000));
    });
    expect(await tagsOf(registry)).toEqual(all);
    expect(registry.asked().filter((path) => path.includes('tags'))).toHaveLength(3);
  });

  test('once, where a registry gives all whatever is asked', async () => {
    const all = Array.from({ length: 1500 }, (_, i) => `t${i}`);
    await using registry = await startFakeRegistry();
    registry.rules.push(always('/tags/list', page(all)));
    expect(await tagsOf(registry)).toEqual(all);
  });

  test('once, where links go in a circle', async () => {
    await using registry = await startFakeRegistry();
    registry.rules.push(always('/tags/list', page(['a'], '</v2/team/app/tags/list?last=a>; rel="next"')));
    expect(await tagsOf(registry)).toEqual(['a']);
    expect(registry.seen.length).toBeLessThan(5);
  });

  test.each([
    ['null', null, []],
    ['nonsense among them', ['ok', '../x', 7, '', 'a b'], ['ok']],
  ])('with %s', async (_what, told, expected) => {
    await using registry = await startFakeRegistry();
    registry.rules.push(always('/tags/list', page(told)));
    expect(await tagsOf(registry)).toEqual(expected);
  });
});

test.each([
  ['at another host', page(['a'], '<https://elsewhere.example.com/v2/>; rel="next"'), 'REGISTRY_PROTOCOL'],
  ['as something else', page({ a: 1 }), 'REGISTRY_PROTOCOL'],
  ['as no JSON', { body: '<html>' }, 'REGISTRY_PROTOCOL'],
  ['of nothing', { status: 404 }, 'IMAGE_NOT_FOUND'],
])('a list that goes on %s is refused', async (_how, answer, code) => {
  await using registry = await startFakeRegistry();
  registry.rules.push(always('/tags/list', answer));
  expect((await errorOf(tagsOf(registry))).code).toBe(code);
});
