/** A figure as PNG: its own file, painted on a canvas at twice its size. */
import { figureFile } from "../../src/core/figure/drawFigure";
import { type Figure } from "../../src/core/figure/figure";

const SCALE = 2;

/** As base64. Rejects where the picture cannot be painted. */
export const pictureOf = async (figure: Figure): Promise<string> => {
  const url = URL.createObjectURL(new Blob([figureFile(figure)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth * SCALE, image.naturalHeight * SCALE];
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/png").split(",")[1]!;
  } finally {
    URL.revokeObjectURL(url);
  }
};
