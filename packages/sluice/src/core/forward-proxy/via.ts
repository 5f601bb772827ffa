/** Via (RFC 9110 §7.6.3) as far as it keeps requests from going in circles. */

/** Whether one of the hops in a Via value is of this name: `1.1 NAME (comment), HTTP/2.0 NAME`. Names compare whatever their case. */
export function hasHop(via: string, name: string): boolean {
  const wanted = name.toLowerCase();
  for (const hop of via.toLowerCase().split(',')) {
    const [, receivedBy] = hop.trim().split(/[ \t]+/, 2);
    if (receivedBy === wanted) return true;
  }
  return false;
}
