import { cloudRules } from './rules/clouds.ts';
import { commerceRules } from './rules/commerce.ts';
import { developmentRules } from './rules/development.ts';
import { keyAndFileRules } from './rules/keys-and-files.ts';
import { messagingRules } from './rules/messaging.ts';
import { serviceRules } from './rules/services.ts';
import type { AllowRule, SecretRules } from './secret-rule.ts';

/** Places and words where what looks like a secret hardly ever is one. Ids and meaning as in Trivy. */
const builtinAllowRules: readonly AllowRule[] = [
  { id: 'dist-info', description: 'Metadata of Python packages', path: '\\.dist-info/' },
  { id: 'tests', description: 'Tests and their data', path: '(?i)^test|/test|-test|_test|\\.test' },
  { id: 'examples', description: 'Examples, by path or by text', path: 'example', pattern: '(?i)example' },
  { id: 'vendor', description: 'Code of others', path: '/vendor/' },
  {
    id: 'usr-dirs',
    description: 'Directories that packages of the distribution fill',
    path: '^usr/(?:share|include|lib)/',
  },
  { id: 'locale-dir', description: 'Translations', path: '/locales?/' },
  { id: 'markdown', description: 'Markdown', path: '\\.md$' },
  { id: 'node.js', description: 'Yarn, as images of Node.js hold it', path: '^opt/yarn-v[\\d.]+/' },
  { id: 'golang', description: 'The distribution of Go', path: '^usr/local/go/' },
  { id: 'python', description: 'Libraries of Python', path: '^usr/local/lib/python[\\d.]+/' },
  { id: 'rubygems', description: 'Gems of the distribution', path: '^usr/lib/gems/' },
  { id: 'wordpress', description: 'WordPress, as its images hold it', path: '^usr/src/wordpress/' },
  { id: 'anaconda-log', description: 'Logs of the installer of Red Hat systems', path: '^var/log/anaconda/' },
];

/** What is not worth opening. */
const builtinSkipPatterns: readonly string[] = [
  ...['.git', 'node_modules'].map((name) => `**/${name}/**`),
  ...[
    'go.mod',
    'go.sum',
    'package-lock.json',
    'yarn.lock',
    'pnpm-lock.yaml',
    'Pipfile.lock',
    'Gemfile.lock',
  ].map((name) => `**/${name}`),
  ...[
    'jpg',
    'png',
    'gif',
    'doc',
    'pdf',
    'bin',
    'svg',
    'socket',
    'deb',
    'rpm',
    'zip',
    'gz',
    'gzip',
    'tar',
  ].map((name) => `**/*.${name}`),
];

/** The rules that hold when nothing is configured. */
export const builtinSecretRules: SecretRules = {
  rules: [
    ...cloudRules,
    ...developmentRules,
    ...serviceRules,
    ...commerceRules,
    ...messagingRules,
    ...keyAndFileRules,
  ],
  allowRules: builtinAllowRules,
  excludeBlocks: [],
  skipPatterns: builtinSkipPatterns,
};
