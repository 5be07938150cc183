/** Sets `ofStack`, which ends the commands that a script prints: they name the stack, as far as it knows it. */
export const setOfStack = 'ofStack="${BEAT_STACK:+ --stack $BEAT_STACK}"';
