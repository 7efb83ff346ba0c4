import { describe, expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { gradleLockfile, mavenPom, sbtLock } from './lock-files.ts';

function dependency(group: string, artifact: string, rest = ''): string {
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>${rest}</dependency>`;
}

const parent = `<project><groupId>g</groupId><artifactId>parent</artifactId><version>\${revision}</version>
  <properties><revision>1.4</revision><v.log>\${v.base}.1</v.log><v.base>2.14</v.base></properties>
  <dependencyManagement><dependencies>
    ${dependency('c', 'managed', '<version>${v.log}</version>')}
    ${dependency('t', 'junit', '<version>4</version><scope>test</scope>')}
    ${dependency('g', 'bom', '<version>1</version><type>pom</type><scope>import</scope>')}
    ${dependency('far', 'bom', '<version>3</version><type>pom</type><scope>import</scope>')}
  </dependencies></dependencyManagement>
  <dependencies>${dependency('i', 'inherited', '<version>1</version>')}</dependencies></project>`;
const bom = `<project><groupId>g</groupId><artifactId>bom</artifactId><version>1</version><properties><x>7</x></properties>
  <dependencyManagement><dependencies>${dependency('b', 'of-bom', '<version>${x}</version>')}</dependencies></dependencyManagement></project>`;
const child = `<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>g</groupId><artifactId>parent</artifactId><version>1.4</version></parent>
  <artifactId>child</artifactId>
  <licenses><license><name>Apache-2.0</name></license></licenses>
  <properties><v.base>2.17</v.base></properties>
  <dependencies>
    ${dependency('c', 'managed')}
    <dependency>
      <groupId>\${project.groupId}</groupId>
      <artifactId>other</artifactId>
      <version>\${project.version}</version>
    </dependency>
    ${dependency('t', 'junit')}
    ${dependency('b', 'of-bom')}
    ${dependency('e', 'exact', '<version>[1.2]</version>')}
    ${dependency('r', 'range', '<version>[1.2,2)</version>')}
    ${dependency('u', 'unknown')}
    ${dependency('s', 'servlet', '<version>2.5</version><scope>provided</scope>')}
  </dependencies>
</project>`;
const other =
  '<project><parent><groupId>g</groupId><artifactId>parent</artifactId><version>1.4</version></parent><artifactId>other</artifactId></project>';

describe('pom.xml', () => {
  const results = analyzeFiles(mavenPom, {
    'pom.xml': parent,
    'bom/pom.xml': bom,
    'child/pom.xml': child,
    'other/pom.xml': other,
  });

  test('takes versions from parents and imports of the tree', () => {
    const result = results.get('child/pom.xml');
    expect(told(result)).toEqual([
      'b:of-bom@7 direct',
      'c:managed@2.17.1 direct',
      'e:exact@1.2 direct',
      'g:child@1.4 root > b:of-bom@7 c:managed@2.17.1 e:exact@1.2 g:other@1.4 i:inherited@1 s:servlet@2.5 t:junit@4',
      'g:other@1.4 workspace',
      'i:inherited@1 direct',
      's:servlet@2.5 direct dev',
      't:junit@4 direct dev',
    ]);
    expect(result?.packages?.find(({ name }) => name === 'g:other')?.locations).toEqual([
      { startLine: 9, endLine: 13 },
    ]);
    expect(result?.packages?.find(({ name }) => name === 'g:child')?.licenses).toEqual(['Apache-2.0']);
  });

  test('says what is not told in the tree', () => {
    expect(results.get('child/pom.xml')?.diagnostics).toEqual([
      { code: 'PACKAGE_VERSION_UNKNOWN', message: 'the version of "r:range" is not told in the tree' },
      { code: 'PACKAGE_VERSION_UNKNOWN', message: 'the version of "u:unknown" is not told in the tree' },
      {
        code: 'PACKAGE_PARENT_MISSING',
        message: '"far:bom:3" is not in the tree: versions it sets are unknown',
      },
    ]);
  });

  test('parents and properties that turn in circles end', () => {
    const circle = (name: string, of: string): string =>
      `<project><parent><groupId>g</groupId><artifactId>${of}</artifactId><relativePath>../${of}</relativePath></parent><artifactId>${name}</artifactId><version>\${a}</version><properties><a>\${b}\${b}</a><b>\${a}\${a}</b></properties><dependencies>${dependency('x', 'y', '<version>${a}</version>')}</dependencies></project>`;
    const found = analyzeFiles(mavenPom, { 'a/pom.xml': circle('a', 'b'), 'b/pom.xml': circle('b', 'a') });
    expect(told(found.get('a/pom.xml'))).toEqual(['g:a@ root']);
  });
});

test('gradle.lockfile parts what only tests use', () => {
  const text =
    '# text\ng:a:1.0=compileClasspath,testRuntimeClasspath\ng:t:2.0=testCompileClasspath,debugUnitTestRuntimeClasspath\nempty=annotationProcessor\n';
  expect(
    told(analyzeFiles(gradleLockfile, { 'app/gradle.lockfile': text }).get('app/gradle.lockfile')),
  ).toEqual(['g:a@1.0', 'g:t@2.0 dev']);
});

test('build.sbt.lock parts what is not shipped', () => {
  const text =
    '{"dependencies":[{"org":"g","name":"a","version":"1","configurations":["test","compile"]},{"org":"g","name":"t","version":"2","configurations":["test"]},{"name":"x"}]}';
  const result = analyzeFiles(sbtLock, { 'build.sbt.lock': text }).get('build.sbt.lock');
  expect(told(result)).toEqual(['g:a@1', 'g:t@2 dev']);
  expect(result?.diagnostics).toHaveLength(1);
});
