/* figures.c - the figures that the method names; see report.h. */
#include <string.h>

#include "report.h"

static const struct figure figures[] = {
    { "figure2", "Figure 2: causal and correlational similarity",
      "MAS and RSA between models that count: interchange intervention "
      "accuracy by variable and site, and the correlation of the same states "
      "without interventions",
      "Which models that solve the same task hold the same variables? MAS "
      "carries everything that matters for behaviour (Full), the Count alone, "
      "or the effect of the last token (Last Value) from one model into "
      "another and asks whether behaviour follows. RSA compares the same "
      "states without any intervention. Where the two disagree, states are "
      "correlated that cannot stand in for one another, or the reverse. Last "
      "Value cannot be told at the embedding of a Same-Object model: demo and "
      "response are one token there, with one embedding.",
      LAYOUT_TRIANGLE, NULL },
    { "figure3", "Figure 3: numbers in arithmetic and in counting",
      "MAS on GRUs trained on the Arithmetic task: interchange intervention "
      "accuracy for each pair of types of model and each pair of variables",
      "Do networks trained on arithmetic hold a number the same way as each "
      "other, and as networks that were trained to count? MAS looks for one "
      "rotation per network such that a causal variable, carried over in the "
      "first half of the rotated coordinates, changes what the other network "
      "goes on to say just as its task demands. The share of test samples in "
      "which every token after the exchange is right is the interchange "
      "intervention accuracy (IIA).",
      LAYOUT_ROW, NULL },
    { "figure4", "Figure 4: direct linear maps and MAS",
      "Linear Map and MAS between GRUs that count: interchange intervention "
      "accuracy from the source's type to the target's",
      "Stitching learns one linear map from the source's whole state to the "
      "target's and keeps nothing of the target. MAS exchanges a subspace, "
      "in both directions and within each model too. Does the freedom of the "
      "direct map let it move a variable that the models do not hold as one?",
      LAYOUT_ROW, NULL },
    { "figure5", "Figure 5: a system on which a linear map misleads",
      "Linear Map and MAS of the Count between hand-built three-part systems",
      "The system counts demo tokens up along z, then response tokens along y "
      "until it meets a curved boundary, and says E there; x goes along with "
      "the task and moves nothing. The Count can be read off linearly. An "
      "affine map, free to discard y and z, moves it fully; an exchange of a "
      "subspace, which must also work within each system and keep the rest of "
      "the state, moves it at best in part: the best plane reaches 0.74, and "
      "the whole state fails in a quarter of the samples. The paper offers "
      "such a system only as a possible explanation of what trained networks "
      "do. Nothing in the construction is random: both systems are one and "
      "the same, and the two directions replicate each other.",
      LAYOUT_ROW, NULL },
    { "figure6", "Figure 6: without access to one of two models",
      "MAS, UniMAS and CMAS between Multi-Object GRUs, Full: interchange "
      "intervention accuracy by direction",
      "Of a brain we have recordings, not a model to intervene upon. Model 2 "
      "plays that part: MAS trains on all four directions, UniMAS on those "
      "into model 1 alone, CMAS adds counterfactual latents, recorded states "
      "of model 2 with the wanted variables, as targets. In UniMAS and CMAS "
      "model 2 is run only to score. How much of what MAS reaches into model 2 "
      "does each of them keep? The weight of the latent loss was fixed once, "
      "by a sweep on a pair shown here; the other panels of figure 9 are "
      "independent of that choice.",
      LAYOUT_DIRECTIONS, NULL },
    { "figure8", "Figure 8: figure 2 with LSTMs",
      "MAS and RSA between models that count, LSTMs in the place of GRUs: "
      "interchange intervention accuracy by variable and site, and the "
      "correlation of the same states without interventions",
      "Do the findings of figure 2 depend on the recurrent cell? The state "
      "that is exchanged is the LSTM's h and c together. Last Value cannot be "
      "told at the embedding of a Same-Object model: demo and response are one "
      "token there, with one embedding.",
      LAYOUT_TRIANGLE, NULL },
    { "figure9", "Figure 9: Full, without access to one of two models",
      "MAS, UniMAS and CMAS between recurrent models, GRUs with GRUs and LSTMs "
      "with LSTMs, Full: interchange intervention accuracy by direction",
      "Figure 6 for every pair of tasks within one kind of cell, not across "
      "cells: does the auxiliary loss recover causal access to model 2 across "
      "tasks, and in LSTMs too? The weight of that loss was fixed on "
      "Multi-Object GRUs; the other panels had no part in it.",
      LAYOUT_DIRECTIONS, NULL },
    { "figure10", "Figure 10: Count, without access to one of two models",
      "MAS, UniMAS and CMAS between recurrent models, GRUs with GRUs and LSTMs "
      "with LSTMs, Count: interchange intervention accuracy by direction",
      "Figure 9 for the Count, again within one kind of cell. Where a "
      "Same-Object GRU takes part there is no Count to exchange, and every "
      "variant should be poor. The weight of the latent loss was fixed on the "
      "Multi-Object pair for Full and Count, which the panel of that pair "
      "shows; the other panels had no part in it.",
      LAYOUT_DIRECTIONS, NULL },
    { "seeds-figure2", "More seeds of figure 2: Count between GRUs",
      "MAS of the Count between GRUs that count, more seeds of each type than "
      "in figure 2: interchange intervention accuracy",
      "Does it hold over more models that the Count transfers between "
      "Multi-Object GRUs and not where a Same-Object GRU takes part? Of "
      "figure 2 these are the Count and the GRUs alone, without RSA.",
      LAYOUT_TRIANGLE, "figure2" },
    { "seeds-figure3", "More seeds of figure 3: Arithmetic with counting",
      "MAS between GRUs trained on the Arithmetic task and GRUs that count, "
      "more seeds of each type than in figure 3: interchange intervention "
      "accuracy of the Count with Rem Ops and with Cumu Val",
      "Does it hold over more models that the Count goes with Rem Ops better "
      "than with Cumu Val, and with either poorly in Same-Object GRUs? Of "
      "figure 3 these are the pairs across the tasks alone.",
      LAYOUT_ROW, "figure3" },
    { "seeds-figure4", "More seeds of figure 4: Count between Same-Object GRUs",
      "Linear Map and MAS of the Count between Same-Object GRUs, more seeds "
      "than in figure 4: interchange intervention accuracy",
      "Does it hold over more models that a direct map moves a Count that MAS "
      "does not? Of figure 4 these are the Same-Object GRUs alone.",
      LAYOUT_ROW, "figure4" },
    { "seeds-figure10", "More seeds of figure 10: Count between GRUs",
      "MAS, UniMAS and CMAS of the Count between GRUs, more seeds of each type "
      "than in figure 10: interchange intervention accuracy by direction",
      "Does it hold over more models that every variant is poor where a "
      "Same-Object GRU takes part? Of figure 10 these are the GRUs alone. The "
      "weight of the latent loss was fixed on the Multi-Object pair for Full "
      "and Count.",
      LAYOUT_DIRECTIONS, "figure10" },
    { "dims-sweep", "How many dimensions carry the variable",
      "Interchange intervention accuracy against K, the number of exchanged "
      "dimensions, for MAS and for Linear Map exchanging K dimensions one way",
      "The paper exchanges half of the dimensions. How few are enough, and "
      "does the answer differ between an exchange and a direct map? Below all "
      "of the dimensions the rest of the target’s aligned state stays under a "
      "Linear Map as well.",
      LAYOUT_CURVE, NULL },
    { "lambda-sweep", "The weight of the latent loss",
      "Interchange intervention accuracy of CMAS against lambda, the weight "
      "of the latent loss beside the behavioural one",
      "The paper leaves the weight open. It was chosen once, on the "
      "Multi-Object GRUs, and then fixed for all figures. The distance is in "
      "units of the variance of the target’s states, so that the LSTMs, whose "
      "states are larger, can do with the same weight.",
      LAYOUT_CURVE, NULL },
    { "pretend", "Does the distance to latents tell the IIA?",
      "Models made recordings while CMAS learnt: interchange intervention "
      "accuracy into the model behind the recording against the distance "
      "of intervened states to counterfactual latents",
      "An exchange into a recording cannot be judged by what the recorded "
      "system goes on to do. What can be measured is how near the intervened "
      "state comes to recorded states with the wanted variables. Here the "
      "recorded system is a model, which the alignment could not run; once all "
      "was learnt the model was run with the same maps. Does what could be "
      "measured tell what happened? One thing at a time departs from CMAS as "
      "in the other figures: the weight λ of the latent loss (UniMAS has "
      "none), K, noise in the recording, how many of the model’s units it "
      "has, and how many samples there are to learn from.",
      LAYOUT_SCATTER, NULL },
    { "example-recording", "A recording, aligned with a model",
      "UniMAS and CMAS between a model that counts and a recording of spikes: "
      "interchange intervention accuracy into the model, by direction",
      "From a file of somebody else’s to what can be said: the recording is a "
      "valid NWB file, made without a part of this software. Its units fire at "
      "random around the state of a model that counts; that model takes no "
      "part here, as little as a brain would, and is run by nobody. System 1, "
      "another model of the same task, can be run. Does the recording hold the "
      "Count, and all that matters for behaviour (Full), so that it can be "
      "carried over?",
      LAYOUT_DIRECTIONS, NULL },
    { "three-systems", "MAS of three systems at once",
      "MAS of three Multi-Object GRUs in one alignment, and of two in each: "
      "interchange intervention accuracy",
      "The engine takes any number of systems. With three, one map per system "
      "serves nine directions: do they align together as well as two by two? "
      "Beside it stands the same alignment of each two of them.",
      LAYOUT_ROW, NULL },
    { "science", "Does the software find what is known?",
      "MAS of Full and Count within two types of GRU that count",
      "Full transfers within both types; the Count only between Multi-Object "
      "GRUs, since Same-Object GRUs do not hold it as one variable.",
      LAYOUT_ROW, NULL },
};

const struct figure *report_figure(const char *name)
{
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (strcmp(figures[i].name, name) == 0)
            return &figures[i];
    return NULL;
}

bool report_answers(const struct report *r, const char *figure)
{
    const struct figure *known = report_figure(r->figure);

    return strcmp(known && known->answers ? known->answers : r->figure,
                  figure) == 0;
}
