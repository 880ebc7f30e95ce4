/** The machine of a run. */
export interface Machine {
  readonly cores: number;
  readonly memoryGB: number;
  readonly deno: string;
  readonly os: string;
}

/** Returns this machine. */
export function thisMachine(): Machine {
  return {
    cores: navigator.hardwareConcurrency,
    memoryGB: Math.round(Deno.systemMemoryInfo().total / 1e9),
    deno: Deno.version.deno,
    os: `${Deno.build.os} ${Deno.build.arch}`,
  };
}

/** Returns the machine as one line of text. */
export function machineLine({ cores, memoryGB, deno, os }: Machine): string {
  return `${cores} cores, ${memoryGB} GB, Deno ${deno}, ${os}`;
}
