/**
 * How many of the permits everybody may hold, when a share is kept in reserve for those with a priority. One place is open to everybody,
 * however large the reserve.
 */
export function openOf(concurrency: number, reserve: number): number {
  // 100 × (1 − 0.9) is a little less than 10.
  return reserve === 0 ? concurrency : Math.max(1, Math.floor(concurrency * (1 - reserve) + 1e-9));
}
