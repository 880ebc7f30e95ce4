/** Separates the texts of messages, such as a commentary and the final answer. */
export const MESSAGE_SEPARATOR = "\n\n";
