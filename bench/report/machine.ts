/** The machine that was measured on. */
export interface Machine {
  readonly cores: number;
  readonly memoryGB: number;
  readonly deno: string;
  readonly os: string;
}

/** This machine. */
export function thisMachine(): Machine {
  return {
    cores: navigator.hardwareConcurrency,
    memoryGB: Math.round(Deno.systemMemoryInfo().total / 1e9),
    deno: Deno.version.deno,
    os: `${Deno.build.os} ${Deno.build.arch}`,
  };
}

/** The machine in a line. */
export function machineLine({ cores, memoryGB, deno, os }: Machine): string {
  return `${cores} cores, ${memoryGB} GB, Deno ${deno}, ${os}`;
}
