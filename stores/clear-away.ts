/** Calls `clear_away` at the end, however that comes, where a store has one. */
export const clearAway = "if declare -F clear_away > /dev/null; then clear_away || true; fi";
