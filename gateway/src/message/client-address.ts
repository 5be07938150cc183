export function clientAddress(
  peer: string,
  _forwardedFor: string | undefined,
  _trusts: (address: string) => boolean,
): string {
  return peer;
}
