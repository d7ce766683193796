# Figure 3: Arithmetic GRUs against themselves, Multi-Object and Same-Object
# GRUs. Do numbers that are computed with share a code with numbers that count?

FIGURE3_AA := $(call pairs,$(GRU_ARITHMETIC),$(GRU_ARITHMETIC),$(WITHIN))
FIGURE3_AM := $(call pairs,$(GRU_ARITHMETIC),$(GRU_MULTI_OBJECT),$(ACROSS))
FIGURE3_AS := $(call pairs,$(GRU_ARITHMETIC),$(GRU_SAME_OBJECT),$(ACROSS))

FIGURE3 := \
    $(call each-mas,$(FIGURE3_AA),cumu_val cumu_val) \
    $(call each-mas,$(FIGURE3_AA),rem_ops rem_ops) \
    $(call each-mas,$(FIGURE3_AM),rem_ops count) \
    $(call each-mas,$(FIGURE3_AM),cumu_val count) \
    $(call each-mas,$(FIGURE3_AS),rem_ops count) \
    $(call each-mas,$(FIGURE3_AS),cumu_val count)

FIGURE3_NULL := \
    $(call first-null,$(FIGURE3_AA),cumu_val cumu_val) \
    $(call first-null,$(FIGURE3_AA),rem_ops rem_ops) \
    $(call first-null,$(FIGURE3_AM),rem_ops count) \
    $(call first-null,$(FIGURE3_AM),cumu_val count) \
    $(call first-null,$(FIGURE3_AS),rem_ops count) \
    $(call first-null,$(FIGURE3_AS),cumu_val count)

FIGURE3_CEILING := $(foreach s,$(SEED),\
    $(call das,$(GRU_ARITHMETIC)-s$s,cumu_val) $(call das,$(GRU_ARITHMETIC)-s$s,rem_ops) \
    $(call das,$(GRU_MULTI_OBJECT)-s$s,count) $(call das,$(GRU_SAME_OBJECT)-s$s,count))

FIGURE3_RSA := $(foreach p,$(FIGURE3_AA),\
    $(call rsa,$(word 1,$(subst +, ,$p)),$(word 2,$(subst +, ,$p))))

$(eval $(call figure,figure3,$(FIGURE3),$(FIGURE3_NULL),$(FIGURE3_CEILING),$(FIGURE3_RSA)))
figure3:  ## Arithmetic GRUs: models, recordings, alignments, figure, page
