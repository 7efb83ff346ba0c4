import type { SortedTable } from '../../codec/sorted-table/sorted-table.ts';
import type { Advisory, AdvisoryDbVersion } from '../../model/advisory.ts';
import type { AdvisoryStore } from '../source.ts';
import { lookedUpIn, normalName } from './ecosystem-names.ts';
import { advisoryKey, ecosystemKey, readAdvisory, readVulnerability, vulnerabilityKey } from './stored.ts';

/**
 * Answers from tables of records, as if they were one.
 * @param close is called when the store is disposed of
 */
export function openOsvStore(
  tables: readonly SortedTable[],
  version: AdvisoryDbVersion,
  close: () => void,
): AdvisoryStore {
  const all = (key: string): Buffer[] => tables.flatMap((table) => table.get(key));

  function find(ecosystem: string, name: string): Advisory[] {
    const values = all(advisoryKey(ecosystem, normalName(ecosystem, name)));
    // A record may lie in two tables.
    const distinct =
      tables.length > 1 ? new Map(values.map((value) => [value.toString('latin1'), value])).values() : values;
    return Array.from(distinct, readAdvisory);
  }

  return {
    version,
    covers: (ecosystem) =>
      lookedUpIn(ecosystem).some((each) => tables.some((table) => table.has(ecosystemKey(each)))),
    find({ ecosystem, name }) {
      const [first, second] = lookedUpIn(ecosystem);
      const advisories = first === undefined ? [] : find(first, name);
      if (second === undefined) return advisories;
      const heard = new Set(advisories.map(({ id }) => id));
      return [...advisories, ...find(second, name).filter(({ id }) => !heard.has(id))];
    },
    // Which products an advisory is for is not told in ways that builds could select by.
    knowsBuild: () => false,
    vulnerability: (id) => readVulnerability(id, all(vulnerabilityKey(id))),
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}
