/**
 * The TypeScript types of JSON Schemas that are written `as const`.
 *
 * The package `json-schema-to-ts` supports more keywords. But it does not compile for a schema that
 * refers to itself, and every user would install it with its dependencies.
 */

/**
 * The type of the values that fit a JSON Schema. The schema must be `as const`; otherwise the type
 * is `unknown`.
 *
 * Supported are `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`,
 * `items`, `prefixItems`, `anyOf`, `oneOf`, `allOf` and a `$ref` to the root, to `$defs` or to
 * `definitions`. Other keywords do not change the type.
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
  : S extends { readonly const: infer Value } ? FromLiteral<Value>
  : S extends { readonly enum: readonly (infer Value)[] } ? FromLiteral<Value>
  : S extends { readonly $ref: infer Ref } ? FromReference<Ref, Root>
  : FromType<S, Root> & FromUnion<S, Root> & FromAll<S, Root>;

/**
 * The type of a JSON Schema, or another type where it gives none.
 *
 * @internal
 */
export type FromJsonSchemaOr<S, Other> = unknown extends FromJsonSchema<S> ? Other
  : FromJsonSchema<S>;

/**
 * The type of `const` and `enum`; `unknown` if the values are no literals.
 *
 * @internal
 */
export type FromLiteral<Value> = string extends Value ? unknown
  : number extends Value ? unknown
  : boolean extends Value ? [Value] extends [boolean] ? boolean : Value
  : Value;

/**
 * The type of a `$ref`.
 *
 * @internal
 */
export type FromReference<Ref, Root> = Ref extends "#" ? FromJsonSchema<Root, Root>
  : Ref extends `#/$defs/${infer Name}` ? FromDefinition<Root, "$defs", Name>
  : Ref extends `#/definitions/${infer Name}` ? FromDefinition<Root, "definitions", Name>
  : unknown;

/**
 * The type of a definition.
 *
 * @internal
 */
export type FromDefinition<Root, Group extends string, Name extends string> = Root extends
  { readonly [G in Group]: { readonly [N in Name]: infer S } } ? FromJsonSchema<S, Root> : unknown;

/**
 * The type of `anyOf` and `oneOf`.
 *
 * @internal
 */
export type FromUnion<S, Root> = S extends { readonly anyOf: readonly (infer One)[] }
  ? FromJsonSchema<One, Root>
  : S extends { readonly oneOf: readonly (infer One)[] } ? FromJsonSchema<One, Root>
  : unknown;

/**
 * The type of `allOf`.
 *
 * @internal
 */
export type FromAll<S, Root> = S extends { readonly allOf: infer All } ? FromAllOf<All, Root>
  : unknown;

/**
 * The intersection of the types of some schemas.
 *
 * @internal
 */
export type FromAllOf<All, Root> = All extends readonly [infer First, ...infer Rest]
  ? FromJsonSchema<First, Root> & FromAllOf<Rest, Root>
  : unknown;

/**
 * The type of `type` and the keywords that go with it.
 *
 * @internal
 */
export type FromType<S, Root> = S extends { readonly type: infer Type }
  ? FromTypeName<Type extends readonly (infer One)[] ? One : Type, S, Root>
  : unknown;

/**
 * Distributes over the names of types.
 *
 * @internal
 */
export type FromTypeName<Name, S, Root> = string extends Name ? unknown
  : Name extends "string" ? string
  : Name extends "number" | "integer" ? number
  : Name extends "boolean" ? boolean
  : Name extends "null" ? null
  : Name extends "array" ? FromItems<S, Root>
  : Name extends "object" ? FromObject<S, Root>
  : unknown;

/**
 * The type of an array.
 *
 * @internal
 */
export type FromItems<S, Root> = S extends { readonly prefixItems: readonly (infer First)[] }
  ? S extends { readonly items: infer Rest }
    ? (FromJsonSchema<First, Root> | FromJsonSchema<Rest, Root>)[]
  : unknown[]
  : S extends { readonly items: infer Item }
    ? Item extends readonly unknown[] ? unknown[] : FromJsonSchema<Item, Root>[]
  : unknown[];

/**
 * The type of an object.
 *
 * @internal
 */
export type FromObject<S, Root> = S extends { readonly properties: infer Properties } ? Simplify<
    & {
      -readonly [Name in keyof Properties as Name extends RequiredName<S> ? Name : never]:
        FromJsonSchema<Properties[Name], Root>;
    }
    & {
      -readonly [Name in keyof Properties as Name extends RequiredName<S> ? never : Name]?:
        FromJsonSchema<Properties[Name], Root>;
    }
    & { [Name in Exclude<RequiredName<S>, keyof Properties>]: unknown }
  >
  : S extends { readonly additionalProperties: infer Other extends object }
    ? { [name: string]: FromJsonSchema<Other, Root> }
  : { [name: string]: unknown };

/**
 * The names of required properties.
 *
 * @internal
 */
export type RequiredName<S> = S extends
  { readonly required: readonly (infer Name extends string)[] } ? Name
  : never;

/**
 * One object type in the place of an intersection, for readable hints of the editor.
 *
 * @internal
 */
export type Simplify<T> = { [Name in keyof T]: T[Name] };
