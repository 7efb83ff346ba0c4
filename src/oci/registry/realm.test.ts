import { expect, test } from 'vitest';
import { addressKind } from './addresses.ts';
import { checkRealm } from './realm.ts';

test.each([
  ['https://auth.docker.io/token', 'https://registry-1.docker.io'],
  ['https://r.example.com:8443/token', 'https://r.example.com'],
  ['https://8.8.8.8/token', 'https://r.example.com'],
  ['https://10.1.2.3:8443/token', 'https://10.1.2.3'],
  ['https://r.example.com/token', 'http://r.example.com'],
  ['http://auth.internal/token', 'http://r.internal:5000'],
  ['http://127.0.0.1:8080/token', 'http://localhost:5000'],
  ['https://localhost/token', 'https://[::1]:5000'],
])('the realm %s of %s is asked', (realm, registry) => {
  expect(checkRealm(realm, new URL(registry)).href).toBe(realm);
});

test.each([
  ['http://auth.docker.io/token', 'https://registry-1.docker.io'],
  ['http://r.example.com/token', 'https://r.example.com'],
  ['https://10.0.0.1/token', 'https://r.example.com'],
  ['https://192.168.0.1/token', 'https://10.1.2.3'],
  ['https://172.31.255.1/token', 'https://r.example.com'],
  ['http://169.254.169.254/latest/api/token', 'http://r.example.com'],
  ['https://0xA9FEA9FE/token', 'https://r.example.com'],
  ['https://2852039166/', 'https://r.example.com'],
  ['https://[fd00::1]/token', 'https://r.example.com'],
  ['https://[fe80::1]/token', 'https://r.example.com'],
  ['https://[::ffff:10.0.0.1]/token', 'https://r.example.com'],
  ['https://127.0.0.1/token', 'https://r.example.com'],
  ['https://localhost/token', 'https://10.1.2.3'],
  ['https://localhost./token', 'https://r.example.com'],
  ['https://10.0.0.1/token', 'http://127.0.0.1:5000'],
  ['https://0.0.0.0/token', 'http://127.0.0.1:5000'],
  ['https://bob:pw-1234@auth.example.com/token', 'https://r.example.com'],
  ['ftp://auth.example.com/token', 'https://r.example.com'],
  ['/token', 'https://r.example.com'],
  [`https://${'a'.repeat(3000)}`, 'https://r.example.com'],
])('the realm %s of %s is refused', (realm, registry) => {
  const check = (): URL => checkRealm(realm, new URL(registry));
  expect(check).toThrow(expect.objectContaining({ code: 'REGISTRY_PROTOCOL' }));
  expect(check).not.toThrow(/pw-1234/);
});

test.each([
  ['r.example.com', 'name'],
  ['1.1.1.1', 'public'],
  ['[2606:4700::1]', 'public'],
  ['100.64.1.1', 'private'],
  ['127.255.0.1', 'loopback'],
  ['x.localhost', 'loopback'],
  ['localhost.example.com', 'name'],
  ['255.255.255.255', 'link-local'],
])('%s is %s', (hostname, kind) => {
  expect(addressKind(hostname)).toBe(kind);
});
