import { expect, test } from 'vitest';
import { analyzeFiles, told } from '../../../test/fixtures/source-files.ts';
import { mixLock } from './lock-files.ts';

test('mix.lock names packages of Hex, not of repositories', () => {
  const text = `%{
  "bunt": {:hex, :bunt, "0.2.0", "951c", [:mix], [], "hexpm", "7af5"},
  "credo": {:hex, :credo, "1.6.6", "f51f", [:mix], [{:bunt, "~> 0.2.0", [hex: :bunt, repo: "hexpm", optional: false]}, {:jason, "~> 1.0", [hex: :jason]}], "hexpm", "6255"},
  "plug": {:git, "https://github.com/elixir-plug/plug.git", "abc", []},
}
`;
  const result = analyzeFiles(mixLock, { 'mix.lock': text }).get('mix.lock');
  expect(told(result)).toEqual(['bunt@0.2.0', 'credo@1.6.6 > bunt@0.2.0']);
  expect(result?.packages?.[1]?.locations).toEqual([{ startLine: 3, endLine: 3 }]);
});
