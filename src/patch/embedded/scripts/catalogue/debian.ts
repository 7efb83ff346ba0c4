import type { ReviewedPackage } from '../script-rule.ts';
import { DEBIAN_11_A } from './debian-11-a.ts';
import { DEBIAN_11_B } from './debian-11-b.ts';
import { DEBIAN_12_A } from './debian-12-a.ts';
import { DEBIAN_12_B } from './debian-12-b.ts';
import { DEBIAN_12_C } from './debian-12-c.ts';
import { DEBIAN_13_A } from './debian-13-a.ts';
import { DEBIAN_13_B } from './debian-13-b.ts';

/** Maintainer scripts of Debian that are known. */
export const REVIEWED: readonly ReviewedPackage[] = [
  ...[DEBIAN_12_A, DEBIAN_12_B, DEBIAN_12_C],
  ...[DEBIAN_11_A, DEBIAN_11_B],
  ...[DEBIAN_13_A, DEBIAN_13_B],
].flat();
