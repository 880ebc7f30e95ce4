/** Returns the mean of a log-normal distribution with these percentiles. */
export function logNormalMean(
  { p50, p99 }: { readonly p50: number; readonly p99: number },
): number {
  const sigma = Math.log(p99 / p50) / 2.3263;
  return p50 * Math.exp(sigma ** 2 / 2);
}
