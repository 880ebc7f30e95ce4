/** The options of a type, with those that it inherits. */
import type { Api, Member } from "./api.ts";

/** An option, with the type that declares it. */
export interface Option {
  readonly type: string;
  readonly member: Member;
}

/** Returns the options of a type: its own, then those of the types that it extends. */
export function optionsOf(api: Api, type: string): readonly Option[] {
  const symbol = api.symbols.get(type);
  if (symbol === undefined) throw new Error(`there is no public type ${type}`);
  const own = symbol.members
    // An option that must be absent only keeps two forms of the type apart.
    .filter(({ text }) => !/\?: undefined$/.test(text))
    .map((member) => ({ type, member }));
  const inherited = symbol.bases
    .filter(({ name }) => api.symbols.has(name))
    .flatMap(({ name, isIncluded }) =>
      optionsOf(api, name).filter(({ member }) => isIncluded(member.name))
    );
  const absent = symbol.members.map(({ name }) => name);
  const all = [...own, ...inherited.filter(({ member }) => !absent.includes(member.name))];
  return all.filter(({ member: { name } }, i) =>
    i === all.findIndex(({ member }) => member.name === name)
  );
}
