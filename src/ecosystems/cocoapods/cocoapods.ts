import { gem } from '../../versions/gem.ts';
import type { Ecosystem } from '../ecosystem.ts';

/** Pods, of Swift and Objective-C. */
export const cocoapodsEcosystem: Ecosystem = {
  type: 'cocoapods',
  analyzers: [],
  versions: gem,
  advisories: { ecosystem: 'CocoaPods', nameOf: ({ name }) => name },
};
