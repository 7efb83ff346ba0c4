import type { OperatingSystem } from '../model/analysis.ts';
import { amazonReleaseOf, majorOf, minorOf } from './releases.ts';

/** The last day with security updates for everybody, by release. A release that is not listed gets them still. */
type LastDays = Readonly<Record<string, string>>;

interface Lifetimes {
  readonly releaseOf: (version: string) => string;
  readonly lastDays: LastDays;
  /** With the vendor's extended maintenance. */
  readonly extended?: LastDays;
}

/** Days as the vendors state them. @see https://endoflife.date */
const LIFETIMES: Readonly<Record<string, Lifetimes>> = {
  alpine: {
    releaseOf: minorOf,
    lastDays: {
      ...{
        '2.0': '2012-04-01',
        '2.1': '2012-11-01',
        '2.2': '2013-05-01',
        '2.3': '2013-11-01',
        '2.4': '2014-05-01',
      },
      ...{
        '2.5': '2014-11-01',
        '2.6': '2015-05-01',
        '2.7': '2015-11-01',
        '3.0': '2016-05-01',
        '3.1': '2016-11-01',
      },
      ...{
        '3.2': '2017-05-01',
        '3.3': '2017-11-01',
        '3.4': '2018-05-01',
        '3.5': '2018-11-01',
        '3.6': '2019-05-01',
      },
      ...{
        '3.7': '2019-11-01',
        '3.8': '2020-05-01',
        '3.9': '2020-11-01',
        '3.10': '2021-05-01',
        '3.11': '2021-11-01',
      },
      ...{
        '3.12': '2022-05-01',
        '3.13': '2022-11-01',
        '3.14': '2023-05-01',
        '3.15': '2023-11-01',
        '3.16': '2024-05-23',
      },
      ...{
        '3.17': '2024-11-22',
        '3.18': '2025-05-09',
        '3.19': '2025-11-01',
        '3.20': '2026-04-01',
        '3.21': '2026-12-05',
      },
      ...{ '3.22': '2027-04-30', '3.23': '2027-11-01' },
    },
  },
  debian: {
    releaseOf: majorOf,
    lastDays: {
      ...{ '4': '2010-02-15', '5': '2012-02-06', '6': '2016-02-29', '7': '2018-05-31', '8': '2020-06-30' },
      ...{ '9': '2022-06-30', '10': '2024-06-30', '11': '2026-08-14', '12': '2028-06-10' },
    },
  },
  ubuntu: {
    releaseOf: minorOf,
    lastDays: {
      ...{ '12.04': '2019-04-26', '12.10': '2014-05-16', '13.04': '2014-01-27', '13.10': '2014-07-17' },
      ...{ '14.04': '2022-04-25', '14.10': '2015-07-23', '15.04': '2016-01-23', '15.10': '2016-07-22' },
      ...{ '16.04': '2021-04-21', '16.10': '2017-07-20', '17.04': '2018-01-13', '17.10': '2018-07-19' },
      ...{ '18.04': '2023-05-31', '18.10': '2019-07-18', '19.04': '2020-01-18', '19.10': '2020-07-17' },
      ...{ '20.04': '2025-05-31', '20.10': '2021-07-22', '21.04': '2022-01-20', '21.10': '2022-07-14' },
      ...{ '22.04': '2027-04-23', '22.10': '2023-07-20', '23.04': '2024-01-20', '23.10': '2024-06-30' },
      ...{ '24.04': '2034-03-31', '24.10': '2025-07-09', '25.04': '2026-01-16', '25.10': '2026-07-01' },
      ...{ '26.04': '2031-05-31' },
    },
    extended: { '14.04': '2024-04-25', '16.04': '2026-04-29', '18.04': '2028-03-31', '20.04': '2030-04-30' },
  },
  redhat: { releaseOf: majorOf, lastDays: { '4': '2017-05-31', '5': '2020-11-30', '6': '2024-06-30' } },
  centos: {
    releaseOf: majorOf,
    lastDays: {
      ...{ '3': '2010-10-31', '4': '2012-02-29', '5': '2017-03-31', '6': '2020-11-30', '7': '2024-06-30' },
      ...{ '8': '2021-12-31' },
    },
  },
  oracle: {
    releaseOf: majorOf,
    lastDays: {
      ...{ '3': '2011-12-31', '4': '2013-12-31', '5': '2017-12-31', '6': '2021-03-21', '7': '2024-12-31' },
      ...{ '8': '2029-07-18', '9': '2032-07-18' },
    },
  },
  alma: { releaseOf: majorOf, lastDays: { '8': '2029-03-01', '9': '2032-05-31', '10': '2035-05-31' } },
  rocky: { releaseOf: majorOf, lastDays: { '8': '2029-05-31', '9': '2032-05-31' } },
  amazon: {
    releaseOf: amazonReleaseOf,
    lastDays: { '1': '2023-12-31', '2': '2026-06-30', '2023': '2028-03-15' },
  },
  photon: {
    releaseOf: minorOf,
    lastDays: { '1.0': '2022-02-28', '2.0': '2022-12-31', '3.0': '2024-03-31', '4.0': '2026-03-31' },
  },
  sles: {
    releaseOf: minorOf,
    lastDays: {
      ...{
        '11': '2010-12-31',
        '11.1': '2012-08-31',
        '11.2': '2014-01-31',
        '11.3': '2016-01-31',
        '11.4': '2019-03-31',
      },
      ...{
        '12': '2016-06-30',
        '12.1': '2017-05-31',
        '12.2': '2018-03-31',
        '12.3': '2019-01-30',
        '12.4': '2020-06-30',
      },
      ...{
        '12.5': '2024-10-31',
        '15': '2019-12-31',
        '15.1': '2021-01-31',
        '15.2': '2021-12-31',
        '15.3': '2022-12-31',
      },
      ...{
        '15.4': '2023-12-31',
        '15.5': '2024-12-31',
        '15.6': '2025-12-31',
        '15.7': '2031-07-31',
        '16.0': '2027-11-30',
      },
    },
  },
  'opensuse-leap': {
    releaseOf: minorOf,
    lastDays: {
      ...{ '42.1': '2017-05-17', '42.2': '2018-01-26', '42.3': '2019-06-30', '15.0': '2019-12-03' },
      ...{ '15.1': '2020-11-30', '15.2': '2021-11-30', '15.3': '2022-11-30', '15.4': '2023-11-30' },
      ...{ '15.5': '2024-12-31', '15.6': '2025-12-31', '16.0': '2027-10-31' },
    },
  },
};

/** The last day (`2024-06-30`) with security updates; undefined where none is set or the release is not known. */
export function lastDayOf(os: OperatingSystem): string | undefined {
  // What is built from the development branch is as new as that is.
  if (os.repositoryRelease === 'edge') return undefined;
  const lifetimes = Object.hasOwn(LIFETIMES, os.family) ? LIFETIMES[os.family] : undefined;
  if (!lifetimes) return undefined;
  const release = lifetimes.releaseOf(os.version);
  const plain = Object.hasOwn(lifetimes.lastDays, release) ? lifetimes.lastDays[release] : undefined;
  const extended = os.extendedSupport ? lifetimes.extended : undefined;
  return extended && Object.hasOwn(extended, release) ? extended[release] : plain;
}

/** True when the release gets no more security updates. Days end at midnight UTC. */
export function isEndOfLife(os: OperatingSystem, now: Date): boolean {
  const lastDay = lastDayOf(os);
  return lastDay !== undefined && now.getTime() > Date.parse(`${lastDay}T23:59:59Z`);
}
