// Rules that people write, and the YAML library with them.
export { loadFilesystemRules } from '../analysis/filesystem/rule-file.ts';
export { loadSecretConfig } from '../analysis/secrets/secret-config.ts';
