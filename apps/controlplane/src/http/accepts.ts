/** Whether an encoding is wanted (RFC 9110, 12.5.3, as far as browsers use it): named, and not with a weight of 0. */
export function accepts(header: string, encoding: string): boolean {
  return header.split(",").some((item) => {
    const [name, weight = ""] = item.split(";");
    return name?.trim() === encoding && !/q=0(?:\.0*)?\s*$/.test(weight);
  });
}
