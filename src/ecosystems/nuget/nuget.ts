import { nuget } from '../../versions/nuget.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { dotnetDeps, nugetConfig, nugetLock, packagesProps } from './nuget-files.ts';

/** Packages of .NET. */
export const nugetEcosystem: Ecosystem = {
  type: 'nuget',
  analyzers: [dotnetDeps, nugetConfig, nugetLock, packagesProps],
  versions: nuget,
  advisories: { ecosystem: 'NuGet', nameOf: ({ name }) => name.toLowerCase() },
};
