import type { ReviewedPackage } from '../script-rule.ts';
import { DEBIAN_A } from './debian-a.ts';
import { DEBIAN_L } from './debian-l.ts';

/** Maintainer scripts of Debian that are known. */
export const REVIEWED: readonly ReviewedPackage[] = [...DEBIAN_A, ...DEBIAN_L];
