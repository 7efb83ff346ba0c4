import type { SecretRule } from '../secret-rule.ts';
import { rule, SPACE } from './patterns.ts';

/** What stands between the dashes of private keys: PKCS #1 and #8, SEC 1, OpenSSH, PGP, and proprietary words. */
const KEY_LABEL = '(?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?';
const KEY_TEXT = '[A-Za-z0-9+/=\\\\\\t\\r\\n :,."\'_()<>@]';
/** Base64 with headers, escaped line ends (`\\n` in JSON) and any indentation. The dashes of the last line end it. */
const KEY_BODY = `${KEY_TEXT}+(?:-[A-Za-z0-9]${KEY_TEXT}*)*`;

/** Keys and credentials whose notation is a standard, and the files in which tools keep theirs. */
export const keyAndFileRules: readonly SecretRule[] = [
  rule(
    'private-key',
    'AsymmetricPrivateKey',
    'Asymmetric Private Key',
    'HIGH',
    `-----BEGIN ${KEY_LABEL}-----(?P<secret>${KEY_BODY})-----END ${KEY_LABEL}-----`,
    ['PRIVATE KEY'],
    {
      reach: [48, 4000],
      // Dots and words between the dashes are a placeholder.
      entropy: 3.5,
    },
  ),
  rule(
    'putty-private-key',
    'AsymmetricPrivateKey',
    'PuTTY private key',
    'HIGH',
    `PuTTY-User-Key-File-[23]:[^\\n]{1,40}\\n(?:[^\\n]+\\n){1,40}?Private-Lines: ?[0-9]{1,4}\\r?\\n(?P<secret>(?:[A-Za-z0-9+/=]+\\r?\\n){1,200})`,
    ['PuTTY-User-Key-File-'],
    {
      reach: [4, 8000],
    },
  ),
  rule(
    'age-secret-key',
    'Age',
    'Age secret key',
    'MEDIUM',
    'AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}',
    ['AGE-SECRET-KEY-1'],
  ),
  rule(
    'jwt-token',
    'JWT',
    'JWT token',
    'MEDIUM',
    '\\bey[a-zA-Z0-9]{17,}\\.ey[a-zA-Z0-9/_-]{17,}\\.[a-zA-Z0-9/_-]{10,1000}={0,2}',
    ['.ey'],
    {
      reach: [2010, 5100],
    },
  ),
  rule(
    'dockerconfig-secret',
    'Docker',
    'Dockerconfig secret exposed',
    'HIGH',
    `(?i)(?:\\.(?:dockerconfigjson|dockercfg)):${SPACE}{0,4}\\|?[^\\n]{0,5}${SPACE}{0,20}[|"']?(?P<secret>(?:ey|ew)[A-Za-z0-9/+]{10,}={0,2})`,
    ['.dockerconfigjson', '.dockercfg'],
    {
      reach: [4, 8100],
    },
  ),
  rule(
    'docker-config-auth',
    'Docker',
    'Registry credentials of Docker',
    'HIGH',
    `"auth"${SPACE}{0,9}:${SPACE}{0,9}"(?P<secret>[A-Za-z0-9+/]{6,}={0,2})"`,
    ['"auth"'],
    {
      path: '(?:^|/)(?:\\.dockercfg|\\.dockerconfigjson|config\\.json|auth\\.json)$',
      reach: [4, 4100],
    },
  ),
  rule(
    'netrc-password',
    'Netrc',
    'Password in .netrc',
    'HIGH',
    '\\bpassword[\\t\\r\\n ]{1,9}(?P<secret>[^\\s]{3,300})',
    ['password'],
    { path: '(?:^|/)[._]netrc$' },
  ),
  rule(
    'git-credentials',
    'Git',
    'Password in .git-credentials',
    'CRITICAL',
    'https?://[^\\s:/@]{1,200}:(?P<secret>[^\\s:/@]{3,500})@',
    ['https://', 'http://'],
    {
      path: '(?:^|/)(?:\\.git-credentials|git/credentials)$',
      reach: [4, 750],
    },
  ),
  rule(
    'pgpass-password',
    'PostgreSQL',
    'Password in .pgpass',
    'HIGH',
    '(?:^|\\n)[^\\n:#]{1,200}:(?:[0-9]{1,5}|\\*):[^\\n:]{1,100}:[^\\n:]{1,100}:(?P<secret>[^\\n\\r]{1,200})',
    [':*:', ':5432:', ':5433:'],
    {
      path: '(?:^|/)\\.pgpass$',
      reach: [720, 720],
    },
  ),
  rule(
    'mysql-client-password',
    'MySQL',
    'Password in .my.cnf',
    'HIGH',
    '(?:^|\\n)[\\t ]{0,8}password[\\t ]{0,4}=[\\t ]{0,4}["\']?(?P<secret>[^\\s"\']{3,200})',
    ['password'],
    {
      path: '(?:^|/)\\.my\\.cnf$',
    },
  ),
  rule(
    'kubeconfig-client-key',
    'Kubernetes',
    'Client key of a kubeconfig',
    'CRITICAL',
    'client-key-data["\']?:[\\t ]{0,9}["\']?(?P<secret>[A-Za-z0-9+/]{100,}={0,2})',
    ['client-key-data'],
    {
      reach: [4, 12_100],
    },
  ),
  rule(
    'kubeconfig-token',
    'Kubernetes',
    'Token of a kubeconfig',
    'CRITICAL',
    '(?:^|\\n)[\\t ]{0,40}["\']?token["\']?:[\\t ]{0,9}["\']?(?P<secret>[A-Za-z0-9._~+/=-]{20,})',
    ['token'],
    {
      path: '(?:^|/)(?:\\.kube/config|kubeconfig|[^/]{1,80}\\.kubeconfig|kubeconfig\\.ya?ml)$',
      reach: [64, 4100],
    },
  ),
  rule(
    'maven-settings-password',
    'Maven',
    'Password in settings.xml of Maven',
    'HIGH',
    '<(?:password|passphrase)>(?P<secret>[^<>${}\\s]{4,300})</',
    ['<password>', '<passphrase>'],
    {
      path: '(?:^|/)(?:\\.m2/)?settings(?:-security)?\\.xml$',
      allowRules: [
        {
          id: 'maven-comment',
          description: 'Words of the comments that Maven ships',
          pattern: '>(?:repopwd|some\\.passphrase|optional|proxypass|abracadabra)<',
        },
      ],
    },
  ),
  rule(
    'nuget-config-password',
    'NuGet',
    'Password in nuget.config',
    'MEDIUM',
    '(?i)<add[\\t ]{1,9}key="(?:cleartext)?password"[\\t ]{1,9}value="(?P<secret>[^"%]{4,300})"',
    ['password'],
    {
      path: '(?i)(?:^|/)nuget\\.config$',
    },
  ),
  rule(
    'htpasswd-hash',
    'Apache',
    'Password hash in .htpasswd',
    'MEDIUM',
    '(?:^|\\n)[^\\n:]{1,100}:(?P<secret>\\$(?:apr1|2[aby]|5|6)\\$[A-Za-z0-9./$=]{20,120})',
    [':$apr1$', ':$2a$', ':$2b$', ':$2y$', ':$5$', ':$6$'],
    {
      path: '(?:^|/)\\.htpasswd$',
      reach: [120, 160],
    },
  ),
  rule(
    'shadow-password-hash',
    'Linux',
    'Password hash in /etc/shadow',
    'HIGH',
    '(?:^|\\n)[a-z_][a-z0-9_.-]{0,31}\\$?:(?P<secret>\\$(?:1|2[aby]|5|6|7|y|gy)\\$[A-Za-z0-9./$=,]{20,160}):',
    [':$1$', ':$2a$', ':$2b$', ':$2y$', ':$5$', ':$6$', ':$7$', ':$y$', ':$gy$'],
    {
      path: '^etc/shadow-?$',
      reach: [48, 200],
    },
  ),
  rule(
    'basic-auth-url',
    'Password',
    'Password in a connection URL',
    'HIGH',
    '\\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\\+srv)?|redis|rediss|amqp|amqps|mssql|clickhouse|ldaps?|sftp|smtps?)://[^\\s:/@"\'<>$%{}]{0,80}:(?P<secret>[^\\s:/@"\'<>${}*]{6,120})@[a-zA-Z0-9_.-]{2,200}',
    [
      'postgres://',
      'postgresql://',
      'mysql://',
      'mariadb://',
      'mongodb://',
      'mongodb+srv://',
      'redis://',
      'rediss://',
      'amqp://',
      'amqps://',
      'mssql://',
      'clickhouse://',
      'ldap://',
      'ldaps://',
      'sftp://',
      'smtp://',
      'smtps://',
    ],
    {
      entropy: 2.6,
      allowRules: [
        {
          id: 'placeholder',
          description: 'Words that stand for a password',
          pattern: '(?i):(?:pass(?:word|wd)?|secret|changeme|your[^@]{0,40}|user|x+)@',
        },
      ],
    },
  ),
  rule(
    'authorization-basic',
    'Password',
    'Basic credentials in a header',
    'MEDIUM',
    '(?i)authorization[\'"]?[\\t ]{0,4}[:=,][\\t ]{0,4}[\'"]?basic[\\t ]{1,4}(?P<secret>[a-z0-9+/]{12,500}={0,2})',
    ['basic '],
    {
      reach: [40, 520],
      entropy: 3.5,
      allowRules: [
        {
          id: 'rfc-samples',
          description: 'Credentials of RFC 6749 and RFC 7617',
          pattern: 'czZCaGRSa3F0Mz|QWxhZGRpbjpvcGVu',
        },
      ],
    },
  ),
];
