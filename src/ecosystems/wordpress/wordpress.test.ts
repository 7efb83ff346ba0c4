import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileResult } from '../../analysis/analyzer.ts';
import { wordpressCore, wordpressExtensions } from './wordpress-files.ts';

const ROOT = 'var/www/html/';

function read(path: string, ...lines: string[]): FileResult | undefined {
  const analyzer = [wordpressCore, wordpressExtensions].find((one) =>
    one.wants({ path, sizeBytes: 1, mode: 0o644 }),
  );
  const content = Buffer.from(lines.join('\n'));
  return analyzer?.begin().add({ path, sizeBytes: content.length, mode: 0o644, content });
}

describe('WordPress', () => {
  test.each([
    [`${ROOT}wp-includes/version.php`, true],
    ['wp-includes/version.php', true],
    [`${ROOT}mywp-includes/version.php`, false],
    [`${ROOT}wp-includes/x/version.php`, false],
  ])('%s is wanted: %s', (path, wanted) => {
    expect(wordpressCore.wants({ path, sizeBytes: 1, mode: 0o644 })).toBe(wanted);
  });

  test.each([
    ["$wp_version = '6.1.1';", '6.1.1'],
    ['$wp_version="6.2-beta1";', '6.2-beta1'],
  ])('%s says %s', (line, version) => {
    const path = `${ROOT}wp-includes/version.php`;
    expect(read(path, '<?php', ' * @global string $wp_version', line)).toEqual({
      packages: [
        {
          ...{ type: 'wordpress', name: 'wordpress', version, licenses: [] },
          ...{ application: 'wordpress', paths: [path] },
        },
      ],
    });
  });

  test.each([
    '',
    '$wp_version = VERSION;',
    "$wp_version = '",
    '$wp_version = "$a";',
    "$wp_db_version = '1';",
  ])('%j says nothing', (line) => {
    expect(read('wp-includes/version.php', line)).toMatchObject({
      diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }],
    });
  });
});

describe('plugins and themes', () => {
  const plugin = ['<?php', '/*', ' * Plugin Name: Akismet', 'Version: 5.0.1 */', ' * License: GPLv2'];

  test.each([
    ['wp-content/plugins/akismet/akismet.php', 'plugins/akismet'],
    ['wp-content/plugins/hello.php', 'plugins/hello'],
    ['wp-content/plugins/akismet/inc/akismet.php', undefined],
    ['my-wp-content/plugins/akismet/akismet.php', undefined],
    ['wp-content/plugins/akismet/akismet.txt', undefined],
    ['wp-content/themes/akismet/style.css', undefined],
  ])('the plugin in %s is %s', (path, name) => {
    expect(read(`${ROOT}${path}`, ...plugin)?.packages?.[0]?.name).toBe(name);
  });

  test('a plugin states version and licence; a file without its header is none', () => {
    const path = 'wp-content/plugins/akismet/a.php';
    expect(read(path, ...plugin)?.packages).toMatchObject([{ version: '5.0.1', licenses: ['GPLv2'] }]);
    expect(read(path, '<?php', '// Version: 1')).toBeUndefined();
    expect(read(path, 'x'.repeat(9_000), ...plugin)).toBeUndefined();
  });

  test('a theme is told by its style sheet', () => {
    const path = 'wp-content/themes/twentyten/style.css';
    expect(read(path, '/*', 'Theme Name: Twenty Ten', 'Version: 3.5', '*/')?.packages).toMatchObject([
      { name: 'themes/twentyten', version: '3.5' },
    ]);
  });

  test('any bytes give an answer', () => {
    const line = fc.oneof(
      fc.constantFrom('Plugin Name: a', 'Version: 1', '$wp_version = "1"', '*/'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        read('wp-content/plugins/a.php', ...lines);
        read('wp-includes/version.php', ...lines);
      }),
    );
  });
});
