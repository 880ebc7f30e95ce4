/**
 * The TypeScript type of a JSON Schema that is written `as const`. The package `json-schema-to-ts` knows more keywords, but
 * does not end on a schema that refers to itself, and would be installed by everyone.
 */

/**
 * The type of the values that fit a JSON Schema. The schema must be `as const`: of one whose keywords have no literal types, and
 * of a keyword that is not known here, it is `unknown`.
 *
 * Known are `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, `anyOf`, `oneOf`,
 * `allOf` and a `$ref` to the root, to `$defs` or to `definitions`; others make no type narrower.
 *
 * @example
 * ```ts
 * import type { FromJsonSchema } from "@shoal/agents";
 *
 * const schema = {
 *   type: "object",
 *   properties: { label: { enum: ["good", "bad"] }, stars: { type: "integer" } },
 *   required: ["label"],
 * } as const;
 * const review: FromJsonSchema<typeof schema> = { label: "good" };
 * console.log(review.label, review.stars); // good undefined
 * ```
 */
export type FromJsonSchema<S, Root = S> = S extends true ? unknown
  : S extends false ? never
  : S extends { readonly const: infer Value } ? Literal<Value>
  : S extends { readonly enum: readonly (infer Value)[] } ? Literal<Value>
  : S extends { readonly $ref: infer Ref } ? FromReference<Ref, Root>
  : FromType<S, Root> & FromUnion<S, Root> & FromAll<S, Root>;

/**
 * The type of a JSON Schema, or another type where it gives none.
 *
 * @internal
 */
export type FromJsonSchemaOr<S, Other> = unknown extends FromJsonSchema<S> ? Other
  : FromJsonSchema<S>;

/** The value of `const` or `enum`; `unknown` where the compiler does not know it. */
type Literal<Value> = string extends Value ? unknown
  : number extends Value ? unknown
  : boolean extends Value ? [Value] extends [boolean] ? boolean : Value
  : Value;

type FromReference<Ref, Root> = Ref extends "#" ? FromJsonSchema<Root, Root>
  : Ref extends `#/$defs/${infer Name}` ? FromDefinition<Root, "$defs", Name>
  : Ref extends `#/definitions/${infer Name}` ? FromDefinition<Root, "definitions", Name>
  : unknown;

type FromDefinition<Root, Group extends string, Name extends string> = Root extends
  { readonly [G in Group]: { readonly [N in Name]: infer S } } ? FromJsonSchema<S, Root> : unknown;

type FromUnion<S, Root> = S extends { readonly anyOf: readonly (infer One)[] }
  ? FromJsonSchema<One, Root>
  : S extends { readonly oneOf: readonly (infer One)[] } ? FromJsonSchema<One, Root>
  : unknown;

type FromAll<S, Root> = S extends { readonly allOf: infer All } ? Intersection<All, Root> : unknown;

type Intersection<All, Root> = All extends readonly [infer First, ...infer Rest]
  ? FromJsonSchema<First, Root> & Intersection<Rest, Root>
  : unknown;

type FromType<S, Root> = S extends { readonly type: infer Type }
  ? FromTypeName<Type extends readonly (infer One)[] ? One : Type, S, Root>
  : unknown;

/** Goes over the names of types one by one. */
type FromTypeName<Name, S, Root> = string extends Name ? unknown
  : Name extends "string" ? string
  : Name extends "number" | "integer" ? number
  : Name extends "boolean" ? boolean
  : Name extends "null" ? null
  : Name extends "array" ? FromItems<S, Root>
  : Name extends "object" ? FromObject<S, Root>
  : unknown;

type FromItems<S, Root> = S extends { readonly prefixItems: readonly (infer First)[] }
  ? S extends { readonly items: infer Rest }
    ? (FromJsonSchema<First, Root> | FromJsonSchema<Rest, Root>)[]
  : unknown[]
  : S extends { readonly items: infer Item }
    ? Item extends readonly unknown[] ? unknown[] : FromJsonSchema<Item, Root>[]
  : unknown[];

type FromObject<S, Root> = S extends { readonly properties: infer Properties } ? Simplify<
    & {
      -readonly [Name in keyof Properties as Name extends Required<S> ? Name : never]:
        FromJsonSchema<Properties[Name], Root>;
    }
    & {
      -readonly [Name in keyof Properties as Name extends Required<S> ? never : Name]?:
        FromJsonSchema<Properties[Name], Root>;
    }
    & { [Name in Exclude<Required<S>, keyof Properties>]: unknown }
  >
  : S extends { readonly additionalProperties: infer Other extends object }
    ? { [name: string]: FromJsonSchema<Other, Root> }
  : { [name: string]: unknown };

type Required<S> = S extends { readonly required: readonly (infer Name extends string)[] } ? Name
  : never;

/** One object type in the place of an intersection, for readable hints of the editor. */
type Simplify<T> = { [Name in keyof T]: T[Name] };
